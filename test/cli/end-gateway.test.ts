import pino from 'pino';
import { expect, it, vi } from 'vitest';
import { endGateway } from '../../src/cli/end-gateway.ts';
import { stopSignals } from '../../src/cli/stop-signals.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import type { Log } from '../../src/observe/log.ts';
import type { PlannedDrain } from '../../src/plan/plan.ts';
import { fakeIo } from './fake-io.ts';

it('says what a signal does to a drain that a command began', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const io = fakeIo();
  try {
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line).msg) });
    const log = { logger, style: 'terminal' } as unknown as Log;
    const table = { size: 3 };
    const drains: PlannedDrain[] = [];
    const drain = (how: PlannedDrain) => {
      drains.push(how);
      return new Promise<void>(() => {});
    };
    const close = async () => {};
    const plan = { drain: { grace: 5_000, sessions: 0, until: 'deadline' } };
    const gateway = { state: 'draining', table, plan, drain, close } as unknown as Gateway;
    const requested = Promise.resolve({ grace: 0, sessions: 60_000, until: 'deadline' } as const);
    const signals = stopSignals(io);
    const ended = endGateway(gateway, { log, signals, requested });
    await vi.waitUntil(() => drains.length === 1);
    table.size = 1;
    vi.advanceTimersByTime(2_000);
    io.signals.send();
    await ended;
    expect(lines).toEqual([
      'gateway stopping',
      '3 sessions may end within 1m; Ctrl-C ends them at once',
      '1 session left; Ctrl-C ends it at once',
      'gateway stopping',
    ]);
    expect(drains).toMatchObject([{ sessions: 60_000 }, { grace: 0, sessions: 0 }]);
  } finally {
    vi.useRealTimers();
    io.remove();
  }
});
