import { describe, expect, it } from 'vitest';
import { type Answered, refused } from '../helpers/fake-gateway.ts';
import { runOn } from './running.ts';

const reloaded = {
  outcome: 'applied',
  changes: [
    { kind: 'added', what: 'listeners', name: 'service ssh', detail: 'ports 30255', sessions: 0 },
    { kind: 'changed', what: 'rules', name: 'ssh', detail: 'access, timeouts.idle', sessions: 1_200 },
  ],
  warnings: ['Cannot use FLOATGATE_X: there is no such setting; unset it'],
  skipped: [{ listener: '0.0.0.0:80', message: 'Cannot listen on port 80: held by nginx' }],
  tookMs: 12,
};
const reload = (answer: object, ...flags: readonly string[]) =>
  runOn({ 'POST /api/reload': () => ({ body: { ...reloaded, ...answer } }) }, ['reload', ...flags]);

it('shows each change with its sessions, warnings and what was skipped', async () => {
  const { code, out, asked } = await reload({});
  expect(code).toBe(0);
  expect(asked).toEqual([{ route: 'POST /api/reload', body: { dryRun: false, cutRemoved: false } }]);
  expect(out.split('\n')).toEqual([
    'The changes are applied (12ms)',
    'change   of         name         what                   sessions',
    'added    listeners  service ssh  ports 30255                   0',
    'changed  rules      ssh          access, timeouts.idle     1,200',
    'warning: Cannot use FLOATGATE_X: there is no such setting; unset it',
    'skipped: Cannot listen on port 80: held by nginx',
    '',
  ]);
});

it('says what would change, and when nothing has', async () => {
  const dry = await reload({ outcome: 'dry run' }, '--dry-run', '--cut-removed');
  expect(dry.asked[0]?.body).toEqual({ dryRun: true, cutRemoved: true });
  expect(dry).toMatchObject({ code: 0, out: expect.stringMatching(/^A reload would change this; nothing has/) });
  const nothing = { changes: [], warnings: [], skipped: [] };
  expect(await reload({ outcome: 'unchanged', ...nothing })).toMatchObject({ code: 0, out: 'Nothing has changed\n' });
  const dryNothing = await reload({ outcome: 'dry run', ...nothing }, '--dry-run');
  expect(dryNothing).toMatchObject({ code: 0, out: 'A reload would change nothing\n' });
});

it('prints the answer as JSON', async () => {
  expect(JSON.parse((await reload({}, '--json')).out)).toEqual(reloaded);
});

describe('what goes wrong', () => {
  const text = 'gateway.yaml:3:5: Cannot read x: no\n  x: 1\n  ^';
  const problems = [{ place: 'gateway.yaml:3:5', message: 'Cannot read x: no', text }];
  it.each([
    ['problems as check prints them', refused(422, 'Cannot reload', problems), 2, `${text}\n`],
    ['what is refused without any', refused(400, 'Cannot do that'), 2, 'Cannot do that\n'],
    ['a gateway that drains', refused(409, 'Cannot reload: it drains'), 1, 'Cannot reload: it drains\n'],
    ['a bug of the gateway', refused(500, 'Cannot reload: a bug'), 1, 'Cannot reload: a bug\n'],
  ] as [string, Answered, number, string][])('%s', async (_, answer, code, err) => {
    expect(await runOn({ 'POST /api/reload': () => answer }, ['reload'])).toMatchObject({ code, out: '', err });
  });
});
