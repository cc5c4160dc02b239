import { expect, test } from 'vitest';
import { configJsonSchema, knownKeys } from '../../src/config/json-schema.ts';

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
    properties: {
      timeouts: {
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
  expect(knownKeys([])).toEqual(['gateway', 'forwards', 'bind', 'engine', 'limits', 'timeouts', 'log']);
  expect(knownKeys(['gateway', 'services', 'ssh'])).toEqual(['base', 'port']);
  expect(knownKeys(['forwards', 3])).toEqual(['listen', 'to']);
  expect(knownKeys(['gateway', 'services'])).toEqual([]);
});
