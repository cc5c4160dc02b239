import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { load, problemsOf, warningsOf } from './load.ts';

describe('what is no plain YAML is named in our words', () => {
  test.each([
    [
      'two documents',
      'engine: auto\n---\nengine: stream\n',
      '2:1',
      'a second document begins here, and a file holds one',
    ],
    ['a tab', 'gateway:\n\tsubnet: auto\n', '2:1', 'a tab indents this line; indent with spaces'],
    ['a tab below spaces', 'timeouts:\n  dial: 1s\n\tidle: 1h\n', '3:1', 'a tab indents this line'],
    ['an uneven indent', 'gateway:\n  subnet: auto\n hosts: 1\n', '3:1', 'this does not stand below'],
    ['two keys in a line', 'a: b: c\n', '1:4', 'a second "key:" stands in one line'],
    ['an open quote', 'engine: "auto\n', '2:1', 'a quote further up is not closed; close it'],
    ['an open bracket', 'bind: [::1\nengine: auto\n', '2:1', 'a bracket further up is not closed; close it'],
    [
      'a key alone',
      'engine: auto\nverbose\nbind: []\n',
      '2:1',
      'this and the next line come to one key; write "key: value" in each line',
    ],
    ['a reserved character', 'engine: @x\n', '1:9', 'a text cannot begin with this character'],
    ['an escape', 'engine: "\\q"\n', '1:10', 'text in double quotes has no such escape; write \\\\'],
  ])('%s', (_, yaml, place, words) => {
    const [first = ''] = problemsOf({ yaml });
    expect(first).toContain(`floatgate.yaml:${place}: Cannot parse this YAML: ${words}`);
    expect(first).not.toMatch(/parseAllDocuments|implicit|scalar|token/);
  });

  const problemOfBytes = (bytes: Buffer): readonly string[] => {
    const folder = mkdtempSync(join(tmpdir(), 'floatgate-bytes-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, bytes);
    return problemsOf({ file });
  };

  test('UTF-16', () => {
    const text = Buffer.from('\uFEFFengine: auto\n', 'utf16le');
    const expected = /^--config: Cannot read .*: it is UTF-16 text; save it as UTF-8, like: iconv -f UTF-16 -t UTF-8 /;
    expect(problemOfBytes(text)).toEqual([expect.stringMatching(expected)]);
    expect(problemOfBytes(Buffer.from(text).swap16())).toEqual([expect.stringMatching(expected)]);
    const [unmarked] = problemOfBytes(text.subarray(2));
    expect(unmarked).toMatch(/it is UTF-16 without a byte order mark, or no text at all; save it as UTF-8 text$/);
  });

  test('a byte order mark before UTF-8 and tabs between words are fine, and columns count without them', () => {
    const { config, place } = load({ yaml: '\uFEFFengine:\tstream\t# fast\n\t\nlog: { level: debug }\n' });
    expect(config).toMatchObject({ engine: 'stream', log: { level: 'debug' } });
    expect(place(['engine'])).toMatchObject({ line: 1, column: 9 });
  });
});

describe('keys that begin with x-', () => {
  test('are ignored, wherever they stand', () => {
    const { config } = load({
      yaml: `
x-limits: &limits { sessions: 5 }
timeouts: { x-note: slow line, dial: 9s }
forwards:
  - { listen: 8080, to: [{ target: a:80, x-rack: 4 }], limits: *limits, x-owner: { name: me } }
`,
    });
    expect(config.timeouts.dial).toBe(9000);
    expect(config.forwards[0]).toMatchObject({ limits: { sessions: 5 }, to: [{ name: 'a' }] });
    expect(JSON.stringify(config)).not.toContain('x-');
  });

  test('may name a service, as any name may', () => {
    const yaml = 'gateway: { services: { x-ray: { base: 1000, port: 22 } } }';
    expect(load({ yaml }).config.gateway?.services).toEqual({ 'x-ray': { base: 1000, port: 22 } });
  });

  test('must have the dash', () => {
    expect(problemsOf({ yaml: 'xengine: 1' })[0]).toContain('Cannot use key "xengine"');
  });
});

describe('merge keys', () => {
  const yaml = `
x-slow: &slow
  timeouts: { dial: 9s }
  balance: leastconn
x-few: &few
  limits: { sessions: 5 }
  balance: source
forwards:
  - <<: *slow
    listen: 8080
    to: a:80
  - { listen: 8081, to: a:80, <<: [*slow, *few] }
  - { <<: [*few, *slow], listen: 8082, to: a:80, balance: roundrobin }
`;

  test('the own keys win, then the earlier mapping', () => {
    const { forwards } = load({ yaml }).config;
    expect(forwards.map(({ balance }) => balance)).toEqual(['leastconn', 'leastconn', 'roundrobin']);
    expect(forwards.map(({ timeouts }) => timeouts?.dial)).toEqual([9000, 9000, 9000]);
    expect(forwards.map(({ limits }) => limits?.sessions)).toEqual([undefined, 5, 5]);
  });

  test('places are those of the value itself', () => {
    const { place } = load({ yaml });
    expect(place(['forwards', 1, 'timeouts', 'dial'])).toMatchObject({ line: 3, column: 21 });
    expect(place(['forwards', 1, 'limits', 'sessions'])).toMatchObject({ line: 6, column: 23 });
    expect(place(['forwards', 0, 'balance'])).toMatchObject({ line: 4, column: 12 });
    expect(place(['forwards', 2, 'balance'])).toMatchObject({ line: 13, column: 59 });
    expect(problemsOf({ yaml: yaml.replace('9s', 'soon') })[0]).toMatch(
      /^floatgate\.yaml:3:21: Cannot read forwards\[0\]/,
    );
  });

  test('merge what merges something itself, and long lists', () => {
    const networks = Array.from({ length: 1000 }, (_, n) => `10.${n >> 8}.${n & 255}.0/24`);
    const { config, place } = load({
      yaml: [
        'x-a: &a',
        '  access:',
        `    allow: [${networks.join(', ')}]`,
        'x-b: &b { <<: *a, listen: 1 }',
        'forwards: [{ <<: *b, to: a:80 }]',
      ].join('\n'),
    });
    expect(config.forwards[0]?.access?.allow).toHaveLength(1000);
    expect(place(['forwards', 0, 'access', 'allow', 1])).toMatchObject({ line: 3, column: 26 });
  });

  test.each([
    ['a: 1\n<<: 5\n', '2:5: Cannot merge this: << takes a mapping, or a list of them; write an alias of one'],
    ['x-a: &a [1]\n<<: *a\n', '2:5: Cannot merge this'],
    ['x-a: &a {}\n<<: [*a, text]\n', '2:5: Cannot merge this'],
    ['<<: *nowhere\n', '1:5: Cannot use *nowhere: there is no anchor &nowhere before it'],
    [
      'x-a: &a { <<: *a }\n',
      '1:1: Cannot read floatgate.yaml: its aliases stand for too many values, or for themselves; write',
    ],
  ])('%j is refused', (text, expected) => {
    expect(problemsOf({ yaml: text })[0]).toContain(`floatgate.yaml:${expected}`);
  });

  test('too many aliases are named', () => {
    const levels = Array.from(
      { length: 9 },
      (_, n) =>
        `x-${n}: &a${n} [${Array(9)
          .fill(n === 0 ? 'x' : `*a${n - 1}`)
          .join(', ')}]`,
    );
    expect(problemsOf({ yaml: levels.join('\n') })[0]).toContain(
      'its aliases stand for too many values, or for themselves; write the values out',
    );
  });
});

test('a tag is left out', () => {
  expect(warningsOf({ yaml: 'engine: !fast auto\n' })).toEqual([
    expect.stringMatching(/:1:9: Cannot use the tag !fast: tags have no meaning here; leave it out$/),
  ]);
});

test('a list that is nested too deeply is no crash', () => {
  const [first] = problemsOf({ yaml: `x-a: ${'['.repeat(20_000)}` });
  expect(first).toMatch(/:1:\d+: Cannot parse this YAML: values are nested too deeply here; nest them less/);
});
