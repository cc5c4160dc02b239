import { describe, expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { nodeAt } from '../../src/config/schema-tree.ts';
import { load, problemsOf } from './load.ts';

/** Every list that holds plain values, with an item. */
const lists: readonly (readonly [path: string, item: string])[] = [
  ['gateway.hosts', '16'],
  ['gateway.skip', '192.168.20.17'],
  ['bind', '127.0.0.1'],
  ['public', '203.0.113.7'],
  ['access.allow', '10.0.0.0/8'],
  ['access.deny', '10.0.0.5'],
  ['acceptProxy.from', '10.0.0.7'],
  ['dialFrom', '127.0.0.1'],
];
const own: readonly string[] = ['access.allow', 'access.deny', 'acceptProxy.from', 'dialFrom'];

/** `a.b` and `c` -> `{ a: { b: c } }`. */
function nested(path: string, value: unknown): unknown {
  return path.split('.').reduceRight<unknown>((below, key) => ({ [key]: below }), value);
}

const forward = (settings: object): string => JSON.stringify({ forwards: [{ listen: 8080, to: 'a:1', ...settings }] });

describe('one value stands for a list of one', () => {
  test.each(lists)('%s', (path, item) => {
    const one = load({ yaml: JSON.stringify(nested(path, item)) });
    expect(one.config).toEqual(load({ yaml: JSON.stringify(nested(path, [item])) }).config);
    expect(one.place([...path.split('.'), 0])).toEqual(one.place(path.split('.')));
    expect(one.place([...path.split('.'), 0])).toMatchObject({ kind: 'file', line: 1 });
  });

  test.each(own)('%s of a forward', (path) => {
    const item = '10.0.0.7';
    const one = load({ yaml: forward(nested(path, item) as object) }).config;
    expect(one).toEqual(load({ yaml: forward(nested(path, [item]) as object) }).config);
  });

  test('the target of a forward', () => {
    expect(load({ yaml: forward({ to: 'a:1' }) }).config).toEqual(load({ yaml: forward({ to: ['a:1'] }) }).config);
  });

  test('those are all lists that there are', () => {
    const found = (path: readonly string[]): readonly string[] =>
      [...(nodeAt(path)?.keys ?? [])].flatMap(([key, node]) => {
        if (node.reads === 'list' && node.placeholder !== '') return [[...path, key].join('.')];
        return found([...path, key]);
      });
    expect(found([]).toSorted()).toEqual(lists.map(([path]) => path).toSorted());
    expect(found(['forwards', '0']).toSorted()).toEqual([...own, 'to'].map((path) => `forwards.0.${path}`).toSorted());
  });

  test.each(lists)('editors know that of %s', (path) => {
    const node = path
      .split('.')
      .reduce<unknown>(
        (at, key) => (at as { properties: Record<string, unknown> }).properties[key],
        configJsonSchema(),
      );
    expect(node).toMatchObject({ anyOf: expect.arrayContaining([expect.objectContaining({ type: 'string' })]) });
    expect(node).toMatchObject({ anyOf: expect.arrayContaining([expect.objectContaining({ type: 'array' })]) });
  });

  test.each(lists)('a mapping as %s is refused', (path) => {
    expect(problemsOf({ yaml: JSON.stringify(nested(path, { a: 1 })) })).toHaveLength(1);
  });
});
