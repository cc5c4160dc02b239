import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { nodeAt } from '../../src/config/schema-tree.ts';

// Rewrites the file: npx vitest run --project unit test/config/json-schema.test.ts -u
test('floatgate.schema.json is current', async () => {
  const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  await expect(text, 'run: npx vitest run --project unit test/config/json-schema.test.ts -u').toMatchFileSnapshot(
    '../../src/config/floatgate.schema.json',
  );
});

test('editors learn descriptions, examples, patterns and defaults as a user writes them', () => {
  expect(configJsonSchema()).toMatchObject({
    additionalProperties: false,
    patternProperties: { '^x-': {} },
    properties: {
      timeouts: {
        patternProperties: { '^x-': {} },
        properties: {
          dial: { type: 'string', default: '5s', description: expect.any(String), pattern: expect.any(String) },
        },
      },
      gateway: {
        properties: {
          hosts: { examples: expect.arrayContaining(['1-254']) },
          services: { default: { ssh: { base: 30_000, port: 22 } } },
        },
      },
      engine: { enum: ['auto', 'splice', 'stream'], default: 'auto' },
    },
  });
});

test('knows the keys of every mapping', () => {
  const knownKeys = (path: readonly (string | number)[]) => [...(nodeAt(path)?.keys.keys() ?? [])];
  const own = ['limits', 'access', 'proxyProtocol', 'acceptProxy', 'dialFrom', 'timeouts'];
  const others = ['drain', 'control', 'log'];
  expect(knownKeys([])).toEqual(['gateway', 'forwards', 'bind', 'public', 'engine', ...own, 'names', ...others]);
  expect(knownKeys(['gateway', 'services', 'ssh'])).toEqual(['base', 'port', 'health', ...own]);
  expect(knownKeys(['forwards', 3])).toEqual(['listen', 'to', 'balance', 'health', ...own]);
  expect(knownKeys(['forwards', 3, 'to', 0])).toEqual(['target', 'weight', 'backup', 'proxyProtocol']);
  expect(knownKeys(['forwards', 3, 'to'])).toEqual(['target', 'weight', 'backup', 'proxyProtocol']);
  expect(knownKeys(['gateway', 'services'])).toEqual([]);
});

test('a service may leave out what has a default everywhere', () => {
  const { properties } = configJsonSchema() as { properties: Record<string, unknown> };
  expect(properties).toMatchObject({
    timeouts: { properties: { dial: { default: '5s' }, dialTotal: { type: 'string' } } },
    gateway: {
      properties: {
        services: {
          additionalProperties: {
            required: ['base', 'port'],
            additionalProperties: false,
            properties: { timeouts: { properties: { dial: expect.not.objectContaining({ default: '5s' }) } } },
          },
        },
      },
    },
  });
});
