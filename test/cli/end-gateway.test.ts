import pino from 'pino';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { endGateway } from '../../src/cli/end-gateway.ts';
import { stopSignals } from '../../src/cli/stop-signals.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import type { Log } from '../../src/observe/log.ts';
import type { PlannedDrain } from '../../src/plan/plan.ts';
import { fakeIo } from './fake-io.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A gateway whose sessions a test ends. */
function ending(style: Log['style'], drain: Partial<PlannedDrain> = {}) {
  const lines: string[] = [];
  const logger = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line).msg) });
  const planned: PlannedDrain = { grace: 0, sessions: 10_000, until: 'deadline', ...drain };
  const calls: (PlannedDrain | 'close')[] = [];
  let close = (): void => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const gateway = {
    table: { size: 3 },
    plan: { drain: planned },
    state: 'serving',
    drain: (how: PlannedDrain) => {
      calls.push(how);
      return closed;
    },
    close: () => {
      calls.push('close');
      return closed;
    },
  };
  const io = fakeIo();
  onTestFinished(() => io.remove());
  const log = { logger, style } as Log;
  const signals = stopSignals(io, log);
  let request: (how: PlannedDrain) => void = () => {};
  const requested = new Promise<PlannedDrain>((resolve) => {
    request = resolve;
  });
  const over = endGateway(gateway as unknown as Gateway, { log, signals, requested });
  const end = async (): Promise<void> => {
    gateway.state = 'closed';
    close();
    await over;
    signals.dispose();
  };
  return { gateway, planned, calls, lines, signals: io.signals, request, end, over };
}

it('counts the sessions that are left on a terminal', async () => {
  const { gateway, lines, signals, end } = ending('terminal');
  signals.send('stop');
  await vi.advanceTimersByTimeAsync(2_000);
  gateway.table.size = 1;
  await vi.advanceTimersByTimeAsync(4_000);
  await end();
  expect(lines).toEqual([
    'gateway stopping',
    '3 sessions may end within 10s; Ctrl-C again ends them at once',
    '1 session left; Ctrl-C again ends it at once',
  ]);
});

it('does not count elsewhere', async () => {
  const { gateway, lines, signals, end } = ending('json');
  signals.send('stop');
  await vi.advanceTimersByTimeAsync(2_000);
  gateway.table.size = 1;
  await vi.advanceTimersByTimeAsync(4_000);
  await end();
  expect(lines).toHaveLength(2);
});

it('ends at once at a second signal that is no echo of the first', async () => {
  const { calls, planned, signals, over } = ending('json', { until: 'empty' });
  signals.send('stop');
  await vi.advanceTimersByTimeAsync(400);
  signals.send('stop');
  await vi.advanceTimersByTimeAsync(200);
  expect(calls).toEqual([planned]);
  signals.send('stop');
  await vi.advanceTimersByTimeAsync(400);
  await over;
  expect(calls).toEqual([planned, 'close']);
});

it('gives up waiting for a gateway that does not close in time', async () => {
  const { calls, signals, over } = ending('json', { grace: 1_000, sessions: 2_000 });
  signals.send('stop');
  await vi.advanceTimersByTimeAsync(3_200);
  expect(calls).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(500);
  await over;
  expect(calls.at(-1)).toBe('close');
});

it('drains as a command asks, which SIGTERM shortens', async () => {
  const { calls, lines, planned, request, signals, end } = ending('json', { grace: 5_000 });
  const asked: PlannedDrain = { grace: 60_000, sessions: 0, until: 'empty' };
  request(asked);
  await vi.advanceTimersByTimeAsync(1_000);
  signals.send('stop');
  await vi.advanceTimersByTimeAsync(1_000);
  await end();
  expect(calls).toEqual([asked, { ...planned, grace: 0 }]);
  expect(lines).toEqual([
    'gateway draining until no session is left',
    'new clients are let in for 1m more, while readiness says no',
    'SIGTERM or SIGINT gives the 3 sessions left 10s to end; once more ends them at once',
    'gateway stopping',
    '3 sessions may end within 10s; SIGTERM or SIGINT again ends them at once',
  ]);
});

it('has no deadline of its own where that is too far away for a timer', async () => {
  const day = 86_400_000;
  const warned: string[] = [];
  const onWarning = ({ name }: Error): unknown => warned.push(name);
  process.on('warning', onWarning);
  const { planned, calls, signals, end } = ending('json', { grace: 20 * day, sessions: 20 * day });
  signals.send('stop');
  await vi.waitFor(() => expect(calls).toEqual([planned]));
  await new Promise((resolve) => setImmediate(resolve));
  await end();
  process.off('warning', onWarning);
  expect(warned).toEqual([]);
  expect(calls).toEqual([planned]);
});
