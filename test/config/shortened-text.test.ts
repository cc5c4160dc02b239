import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Document, parseDocument } from 'yaml';
import { longRuns } from '../../src/config/long-runs.ts';
import { ShortenedText } from '../../src/config/shortened-text.ts';
import { parseYamlLayer } from '../../src/config/yaml-layer.ts';

/** What comes of a text by way of its runs of three items and more; `whole` where the whole text must be parsed. */
function byRuns(text: string): unknown {
  const shortened = new ShortenedText(text, longRuns(text, 3));
  const document = parseDocument(shortened.text, { logLevel: 'silent' });
  if (document.errors.length > 0) return 'errors';
  return shortened.restore(document) ? values(document) : 'whole';
}

/** Aliases may lead nowhere. */
function values(document: Document): unknown {
  try {
    return document.toJS();
  } catch {
    return 'errors';
  }
}

function byLibrary(text: string): unknown {
  const document = parseDocument(text, { logLevel: 'silent' });
  return document.errors.length > 0 ? 'errors' : values(document);
}

const network = fc.constantFrom('10.0.0.0/8', '10.0.0.1', '192.0.2.7/32', 'fd00::/8', 'a::b', '1:20:30');
const anything = fc.oneof({ weight: 8, arbitrary: network }, fc.constantFrom('::1', '7', 'x'));
const flow = [', ', ',', ',\n  ', ',\n    '];
const block = ['\n  - ', '\n  -   ', '\r\n  - '];
const other = [...flow, ...block, '\n- ', '\n      - ', ',\n', '\n\t- ', ' - ', ' # c\n  - '];

/** Up to two kinds of items in turn, all in one way. */
const run = (separators: readonly string[], item: fc.Arbitrary<string> = network) =>
  fc
    .tuple(
      fc.array(item, { minLength: 1, maxLength: 2 }),
      fc.integer({ min: 3, max: 6 }),
      fc.constantFrom(...separators),
      fc.constantFrom('', '"', "'"),
    )
    .map(([items, times, separator, quote]) =>
      Array.from({ length: times }, (_, index) => `${quote}${items[index % items.length]}${quote}`).join(separator),
    );

const between = fc.constantFrom(
  ...[
    '\n',
    '\n  ',
    '\n    ',
    '\n\t',
    '\r\n',
    ': ',
    ' ',
    ' #',
    '"',
    "'",
    '|\n  ',
    '>-\n  ',
    '&a ',
    '*a',
    '!!str ',
    '!x ',
  ],
  ...[
    '- ',
    '\n- ',
    '\n  - ',
    '- - ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '? ',
    'k: ',
    '\nk: ',
    '\n  l: ',
    '"m": ',
    '\n1: ',
    '\n"1": ',
  ],
  ...['\n# c\n', '\n---\n', '\n...\n', '%YAML 1.1\n---\n', '<<: *a', '\n<<: *a\n', ' and on', '\n    and on', '\\'],
);

/** Texts of which many are YAML, and others nearly. */
const shapes = fc.oneof(
  fc.array(fc.oneof(run(other, anything), between), { minLength: 1, maxLength: 12 }).map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('', '%YAML 1.1\n---\n'), run(block), run(flow), between)
    .map(([head, a, b, more]) => `${head}k: &a\n  - ${a}\nl: [${b}${more}]\nm: *a\nn: { p: *a, q: [${b}] }\n`),
  fc.tuple(run(block), between, run(other, anything)).map(([a, middle, b]) => `k:\n  - ${a}${middle}${b}\n`),
);

test('whatever a text is, its values are those of the YAML library, or it is refused, or parsed as a whole', () => {
  let shortened = 0;
  fc.assert(
    fc.property(shapes, (text) => {
      const seen = byRuns(text);
      // Errors may come of what is hardly YAML, such as a comment between ? and a text: it is refused, not misread.
      if (seen === 'whole' || seen === 'errors') return;
      expect(seen).toEqual(byLibrary(text));
      if (longRuns(text, 3).length > 0) shortened += 1;
    }),
    { numRuns: 3_000 },
  );
  // It is shown of many that were shortened.
  expect(shortened).toBeGreaterThan(100);
});

const many = Array.from({ length: 300 }, (_, n) => `10.0.${n >>> 8}.${n & 255}/32`);

test.each([
  ['merged by YAML 1.1', `%YAML 1.1\n---\na: &a\n  deny: [${many.join(', ')}]\nb:\n  <<: *a\n`],
  ['under keys that differ in their kind alone', `1: [${many.join(', ')}]\n"1": [10.0.0.0/32, 10.0.1.43/32]\n`],
  ['of numbers by YAML 1.1', `%YAML 1.1\n---\na: [${many.map((_, n) => `1:20:${n % 60}`).join(', ')}]\n`],
])('a long list %s', (_, text) => {
  expect(parseYamlLayer('f', text).layer.values).toEqual(parseDocument(text).toJS());
});
