import { setTimeout as delay } from 'node:timers/promises';
import { count } from '../base/count.ts';
import { formatDuration } from '../base/duration.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Log } from '../observe/log.ts';
import type { PlannedDrain } from '../plan/plan.ts';
import { aborted, type StopSignals } from './stop-signals.ts';

export interface EndOptions {
  readonly log: Log;
  readonly signals: StopSignals;
  /** Resolves when a drain is requested other than by a signal. */
  readonly requested: Promise<PlannedDrain>;
}

/** Milliseconds after the drain's own deadline at which the gateway is closed by force. */
const lateness = 300;
/** Milliseconds for a forced close; then the process ends in any case. */
const closing = 300;
/** Node's timers fire at once beyond 2^31-1 ms. */
const longestTimer = 2 ** 31 - 1;
/** Milliseconds between two lines about the sessions that are left, on a terminal. */
const countdown = 2_000;

/**
 * Waits until a signal or a request ends the gateway, and drains it: SIGTERM and the like as `drain` of the
 * configuration has it, SIGQUIT until no session is left. A further signal ends it at once.
 *
 * @returns when the process must have ended, performance.now() in milliseconds
 */
export async function endGateway(gateway: Gateway, options: EndOptions): Promise<number> {
  const { signals, requested } = options;
  const first = await Promise.race([
    aborted(signals.stop).then(() => gateway.plan.drain),
    aborted(signals.drain).then(() => ({ ...gateway.plan.drain, until: 'empty' }) as const),
    requested,
  ]);
  logDrain(gateway, first, options);
  const progress = reportProgress(gateway, options);
  let until = drainBy(gateway, first);
  // A request to stop shortens a drain that something else began.
  if (!signals.stop.aborted) {
    await Promise.race([until.over, aborted(signals.stop)]);
    if (gateway.state !== 'closed' && signals.stop.aborted) {
      const how = { ...gateway.plan.drain, grace: 0, until: 'deadline' } as const;
      logDrain(gateway, how, options);
      until = drainBy(gateway, how);
    }
  }
  await Promise.race([until.over, aborted(signals.force)]);
  clearInterval(progress);
  if (gateway.state !== 'closed') await Promise.race([gateway.close(), delay(closing)]);
  return until.deadline;
}

interface Draining {
  /** Resolves when all is closed, or it is late. */
  readonly over: Promise<void>;
  /** Monotonic milliseconds; infinity where it has none. */
  readonly deadline: number;
}

function drainBy(gateway: Gateway, how: PlannedDrain): Draining {
  const drained = gateway.drain(how);
  const time = how.grace + how.sessions + lateness;
  if (how.until === 'empty' || time > longestTimer) return { over: drained, deadline: Number.POSITIVE_INFINITY };
  const timer = new AbortController();
  const late = delay(time, undefined, { signal: timer.signal }).catch(() => {});
  const over = Promise.race([drained, late]).finally(() => timer.abort());
  return { over, deadline: performance.now() + time };
}

function logDrain(gateway: Gateway, how: PlannedDrain, { log, signals }: EndOptions): void {
  const sessions = gateway.table.size;
  const { logger } = log;
  if (how.until === 'empty') logger.info({ sessions }, 'gateway draining until no session is left');
  else logger.info({ sessions, drainTimeoutMs: how.sessions }, 'gateway stopping');
  if (how.grace > 0) {
    logger.info(`new clients are let in for ${formatDuration(how.grace)} more, while readiness says no`);
  }
  if (sessions === 0 || (how.until === 'deadline' && how.sessions === 0)) return;
  const left = count(sessions, 'session');
  const time = how.until === 'empty' ? 'left' : `may end within ${formatDuration(how.sessions)}`;
  logger.info(`${left} ${time}; ${furtherSignal(gateway, { log, signals })}`);
}

/** What a further signal does to the sessions that are left. The first one shortens a drain that a command began. */
function furtherSignal(gateway: Gateway, { log, signals }: Pick<EndOptions, 'log' | 'signals'>): string {
  const keys = stopWords(log);
  const them = gateway.table.size === 1 ? 'it' : 'them';
  if (signals.stop.aborted) return `${keys} again ends ${them} at once`;
  const { sessions: time } = gateway.plan.drain;
  if (time === 0) return `${keys} ends ${them} at once`;
  return `${keys} gives ${them} ${formatDuration(time)} to end; once more ends ${them} at once`;
}

/** A person who waits sees how many are left. */
function reportProgress(gateway: Gateway, { log, signals }: EndOptions): NodeJS.Timeout | undefined {
  if (log.style !== 'terminal') return undefined;
  let last = gateway.table.size;
  return setInterval(() => {
    const left = gateway.table.size;
    if (left === last || left === 0) return;
    last = left;
    log.logger.info(`${count(left, 'session')} left; ${furtherSignal(gateway, { log, signals })}`);
  }, countdown);
}

/** How to send a signal: keys at a terminal, its name elsewhere. */
function stopWords({ style }: Log): string {
  return style === 'terminal' ? 'Ctrl-C' : 'SIGTERM or SIGINT';
}
