import { expect, test } from 'vitest';
import { isScalar, isSeq, LineCounter, parse, parseDocument } from 'yaml';
import { parseYamlLayer } from '../../src/config/yaml-layer.ts';
import { load, problemsOf } from './load.ts';

const network = (n: number): string => `10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}/32`;
const networks = (count: number, from = 0): string[] => Array.from({ length: count }, (_, n) => network(from + n));
const quoted = (mark: string) => (text: string) => `${mark}${text}${mark}`;
const ipv6 = Array.from({ length: 400 }, (_, n) => `2001:db8:${n.toString(16)}::/48`);

const texts: readonly (readonly [string, string])[] = [
  [
    'a block',
    `access:\n  allow:\n${networks(300)
      .map((item) => `    - ${item}\n`)
      .join('')}engine: stream\n`,
  ],
  [
    'a block without indentation',
    `allow:\n${networks(300)
      .map((item) => `- ${item}\n`)
      .join('')}`,
  ],
  [
    'a block that ends with the file',
    `allow:\n${networks(300)
      .map((item) => `  -   ${item}`)
      .join('\n')}`,
  ],
  [
    'a block with Windows line ends',
    `allow:\r\n${networks(300)
      .map((item) => `  - ${item}\r\n`)
      .join('')}engine: x\r\n`,
  ],
  ['one line', `access: { allow: [${networks(300).join(', ')}], deny: [] }`],
  ['many lines of flow', `allow: [\n  ${networks(300).join(',\n  ')},\n]\nengine: x`],
  ['JSON', JSON.stringify({ access: { allow: networks(300), deny: ipv6 }, engine: 'x' })],
  ['JSON over several lines', JSON.stringify({ access: { allow: networks(300), deny: ipv6 } }, undefined, 2)],
  ['single quotes', `allow: [${ipv6.map(quoted("'")).join(',')}]`],
  ['quotes in a block', `allow:\n${ipv6.map((item) => `  - "${item}"\n`).join('')}`],
  ['IPv6', `allow:\n${ipv6.map((item) => `  - ${item}\n`).join('')}`],
  [
    'addresses',
    `allow: [${networks(300)
      .map((item) => item.slice(0, -3))
      .join(',')}]`,
  ],
  [
    'runs apart',
    `allow:\n${networks(300)
      .map((item) => `  - ${item}\n`)
      .join('')}  # more\n  - x\n${networks(300, 7)
      .map((item) => `  - ${item}\n`)
      .join('')}  - y\n`,
  ],
  ['a list that is used twice', `a: &a [${networks(300).join(', ')}]\nb: *a\nc: [1, 2]\n`],
  ['lists in lists', `a:\n- - ${networks(300).join('\n  - ')}\n- - ${networks(300, 9).join('\n  - ')}\n- z\n`],
  ['a tag and an anchor before the first', `a:\n- !!str &b ${networks(300).join('\n- ')}\nc: *b\n`],
  // What only looks like a list.
  ['a comment', `# ${networks(300).join(', ')}\na: 1\n`],
  [
    'a text of several lines',
    `a: |\n${networks(300)
      .map((item) => `  - ${item}\n`)
      .join('')}b: 1\n`,
  ],
  ['a text in quotes', `a: "${networks(300).join(', ')}"\nb: 1\n`],
  ['a text without', `a: x ${networks(300).join(', ')}\nb: 1\n`],
  ['keys', `a: { ${networks(300).join(', ')} }\nb: 1\n`],
  ['a key at the end', `a: [ ${networks(300).join(', ')}: 5 ]\nb: 1\n`],
  [
    'a key at the end of a block',
    `a:\n${networks(300)
      .map((item) => `  - ${item}`)
      .join('\n')}: 5\nb: 1\n`,
  ],
  ['numbers', `a: [${Array.from({ length: 300 }, (_, n) => `${n}.5`).join(', ')}]`],
  [
    'items that go on',
    `a:\n${networks(300)
      .map((item) => `  - ${item}`)
      .join('\n')}\n    and on\n`,
  ],
];

test.each(texts)('%s: the values, and the places of them all, are those of the YAML library', (_, text) => {
  const { layer, problems } = parseYamlLayer('f', text);
  expect(problems).toEqual([]);
  expect(layer.values).toEqual(parse(text));
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const walk = (node: unknown, path: (string | number)[]): void => {
    if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
    else if (isScalar(node) && node.range) {
      const [start, end] = node.range;
      const { line, col } = lines.linePos(start);
      const length = Math.max(1, end - start);
      expect(layer.place(path, 'value')).toMatchObject({ place: { line, column: col, length }, depth: path.length });
    }
  };
  for (const path of [['a'], ['access', 'allow'], ['allow'], ['access', 'deny'], ['engine'], ['b'], ['c']])
    walk(document.getIn(path, true), path);
});

test('a wrong item far down in a long list is shown with its place', () => {
  const items = networks(5_000).toSpliced(4_321, 0, '10.0.0.1/8', 'wrong');
  const yaml = `access:\n  deny:\n${items.map((item) => `    - ${item}\n`).join('')}engine: steam\n`;
  expect(problemsOf({ yaml }).map((problem) => problem.split('\n')[0])).toEqual([
    'floatgate.yaml:4324:7: Cannot read access.deny[4321]: current value is "10.0.0.1/8"; it is no network; did ' +
      'you mean 10.0.0.0/8?',
    expect.stringMatching(
      /^floatgate\.yaml:4325:7: Cannot read access\.deny\[4322\]: current value is "wrong"; write a/,
    ),
    expect.stringMatching(/^floatgate\.yaml:5005:9: Cannot read engine: current value is "steam"; write auto, /),
  ]);
});

test('of very many wrong items a hundred are shown, and the number of the others', () => {
  const items = Array.from({ length: 100_000 }, (_, n) => `10.${n >>> 8}.${n & 255}.1/24`);
  const shown = problemsOf({ yaml: `access: { allow: [${items.join(', ')}] }\n` });
  expect(shown).toHaveLength(101);
  expect(shown.find((problem) => problem.includes('99900 more'))).toMatch(
    /Cannot read access\.allow: current value is a long list; 99900 more of its items are no networks; write a network/,
  );
  expect(Math.max(...shown.map(({ length }) => length))).toBeLessThan(600);
});

test('items of other kinds are wrong, too', () => {
  expect(problemsOf({ yaml: 'access: { allow: [10.0.0.0/8, 5, null, [a], {}] }' })).toHaveLength(4);
});

test('a million networks in one list are read, each once', () => {
  const yaml = `access:\n  allow:\n${networks(1_000_000)
    .map((item) => `    - ${item}\n`)
    .join('')}`;
  const { config } = load({ yaml });
  expect(config.access.allow).toHaveLength(1_000_000);
  expect([config.access.allow[0], config.access.allow[999_999]]).toEqual(['10.0.0.0/32', '10.15.66.63/32']);
  expect(new Set(config.access.allow).size).toBe(1_000_000);
});
