import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { keyTable } from '../../src/config/key-table.ts';
import { schemaTree } from '../../src/config/schema-tree.ts';
import { settings } from '../../src/config/settings.ts';
import { formerTimeouts, gatewayTimeouts, sessionTimeouts } from '../../src/config/timeouts.ts';
import { plan } from '../plan/planning.ts';
import { load, problemsOf } from './load.ts';

const ofSessions = Object.keys(sessionTimeouts);
const ofGateway = Object.keys(gatewayTimeouts);

test.each([...ofSessions, ...ofGateway])('%s: its entry in the schema is all that it takes', (key) => {
  const setting = settings.find(({ path }) => path.join('.') === `timeouts.${key}`);
  expect(setting).toMatchObject({ placeholder: 'DURATION', type: 'string', reads: 'text' });
  expect(load({ flags: { [setting?.flag ?? '']: '42s' } }).config.timeouts).toMatchObject({ [key]: 42_000 });
  expect(keyTable().find(({ path }) => path === `timeouts.${key}`)).toMatchObject({ flag: `--${setting?.flag}` });
  expect(configJsonSchema()).toMatchObject({
    properties: { timeouts: { properties: { [key]: { type: 'string', description: expect.any(String) } } } },
  });
});

test.each(ofSessions)('%s: a service or a forward may have its own, and the plan has it', (key) => {
  const timeouts = { [key]: '42s' };
  const yaml = JSON.stringify({ forwards: [{ listen: 8080, to: 'a:1', timeouts }] });
  expect(plan({ yaml }).rules['forward 8080']?.timeouts).toMatchObject({ [key]: 42_000 });
  expect(plan({ yaml: JSON.stringify({ timeouts }) }).rules['service ssh']?.timeouts).toMatchObject({ [key]: 42_000 });
});

test.each(ofGateway)('%s is one of the whole gateway: no service has it, and no session', (key) => {
  const yaml = JSON.stringify({ forwards: [{ listen: 8080, to: 'a:1', timeouts: { [key]: '42s' } }] });
  expect(problemsOf({ yaml })[0]).toContain(`it belongs at timeouts.${key}`);
  expect(plan({ yaml: '{}' }).rules['service ssh']?.timeouts).not.toHaveProperty(key);
});

test('time-outs are in no other place of the schema', () => {
  expect([...(schemaTree().keys.get('timeouts')?.keys.keys() ?? [])]).toEqual([
    ...ofSessions,
    ...ofGateway,
    ...Object.keys(formerTimeouts),
  ]);
});
