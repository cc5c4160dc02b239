import { expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { fakeGateway, someStatus } from '../helpers/fake-gateway.ts';
import { fakeIo } from './fake-io.ts';
import { runOn } from './running.ts';

const drain = (answer: object, ...flags: readonly string[]) =>
  runOn({ 'POST /api/drain': () => ({ body: answer }) }, ['drain', ...flags]);

it('begins a drain, and says what happens', async () => {
  const usual = await drain({ sessions: 1, graceMs: 0, sessionsMs: 10_000 });
  expect(usual).toMatchObject({
    code: 0,
    out: 'The gateway drains: 1 session may take 10s to end\n',
    asked: [{ body: {} }],
  });
  const flags = ['--grace', '5s', '--sessions', '1m', '--until', 'empty'];
  const all = await drain({ sessions: 3_000, graceMs: 5_000 }, ...flags);
  expect(all).toMatchObject({
    code: 0,
    out:
      'The gateway drains: clients are accepted for another 5s, ' +
      'then 3,000 sessions may take as long as needed to end\n',
    asked: [{ body: { graceMs: 5_000, sessionsMs: 60_000, until: 'empty' } }],
  });
  const json = await drain({ sessions: 1, graceMs: 0 }, '--json');
  expect(JSON.parse(json.out)).toEqual({ sessions: 1, graceMs: 0 });
});

it.each([
  [['--grace', '5'], 'Cannot read --grace: current value is "5"; write a duration like 30s, 5m or 2h'],
  [['--sessions', '25d'], 'Cannot read --sessions: current value is "25d"; write a duration from 0s to 24d'],
  [['--until', 'never'], 'Cannot read --until: current value is "never"; write one of empty, deadline'],
] as const)('%j ends with 2', async (flags, message) => {
  expect(await drain({}, ...flags)).toMatchObject({ code: 2, err: `${message}\n`, asked: [] });
});

it('waits until the gateway has ended, and shows how many sessions are left', async () => {
  await using gateway = await fakeGateway({
    'POST /api/drain': () => ({ body: { sessions: 2, graceMs: 0 } }),
    'GET /api/status': () => {
      setImmediate(() => void gateway.close());
      return { body: { ...someStatus, state: 'draining', sessions: { ...someStatus.sessions, now: 2 } } };
    },
  });
  const io = fakeIo({}, 'terminal');
  try {
    const words = ['drain', '--wait', '--instance', gateway.path];
    expect(await runCommandLine(words, io)).toBe(0);
    expect(io.out()).toMatch(/\nThe gateway has ended\n$/);
    expect(io.err()).toBe('\r2 sessions left\u001b[K\r\u001b[K');
  } finally {
    io.remove();
  }
});

it('has waited for the end where the gateway closes the connection of a last look', async () => {
  await using gateway = await fakeGateway({
    'POST /api/drain': () => ({ body: { sessions: 0, graceMs: 0 } }),
    'GET /api/status': () => {
      setImmediate(() => void gateway.close());
      return 'nothing';
    },
  });
  const io = fakeIo({});
  try {
    expect(await runCommandLine(['drain', '--wait', '--instance', gateway.path], io)).toBe(0);
    expect(io.err()).toBe('');
  } finally {
    io.remove();
  }
});
