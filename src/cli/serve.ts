import { setTimeout as delay } from 'node:timers/promises';
import { printableLine } from '../base/printable.ts';
import { threadPoolNotes } from '../base/thread-pool.ts';
import { type Gateway, startGateway } from '../gateway/gateway.ts';
import type { ListenerFailure } from '../gateway/listener-failure.ts';
import type { Log } from '../observe/log.ts';
import { NonBlockingDestination } from '../observe/non-blocking-destination.ts';
import { sessionLog } from '../observe/session-log.ts';
import type { Plan } from '../plan/plan.ts';
import type { ExitCode, Io } from './io.ts';
import { aborted, type StopSignals } from './stop-signals.ts';

export interface ServeOptions {
  readonly io: Io;
  readonly log: Log;
  readonly signals: StopSignals;
  readonly busyPorts: 'fail' | 'skip';
  /** What to do about busy ports. */
  readonly wayOut: string;
  /** Lines for stdout once the gateway serves. */
  summary(gateway: Gateway): readonly string[];
}

/** Milliseconds after the drain's own deadline at which the gateway is closed by force. */
const grace = 300;
/** Milliseconds for a forced close; then the process ends in any case. */
const closing = 300;
/** Milliseconds that the last lines have to reach a reader: nothing is served any more, so this may wait. */
export const lastWords = 2_000;

/**
 * Serves a plan until a signal: start, print what is served, wait, drain. A second signal ends it at once. From the
 * start on, stdout and stderr are only written in ways that cannot block.
 */
export async function serve(plan: Plan, options: ServeOptions): Promise<ExitCode> {
  const { io, log, signals } = options;
  const { logger } = log;
  const started = await startGateway(plan, {
    logger,
    observer: sessionLog(log.sessions),
    busyPorts: options.busyPorts,
  });
  if (started.kind === 'failed') {
    await reportFailures(plan, started.failures, options);
    return 1;
  }
  const { gateway } = started;
  const stdout = new NonBlockingDestination(io.stdout.fd, { droppedLine: () => '' });
  for (const line of options.summary(gateway)) stdout.write(`${printableLine(line)}\n`);
  stdout.flush();
  logger.info(
    {
      subnet: plan.subnet,
      listeners: gateway.served,
      sessions: plan.limits.sessions,
      engine: plan.engine.name,
    },
    'gateway ready',
  );
  io.serving();
  // A person at a terminal reads notes in the summary.
  if (io.stderr.style === 'json') for (const note of [...plan.notes, ...threadPoolNotes()]) logger.info(note);

  await Promise.race([aborted(signals.stop), aborted(signals.drain)]);
  if (!signals.stop.aborted) await drainUntilEmpty(gateway, logger, signals);
  const stopped = performance.now();
  logger.info({ sessions: gateway.sessions().length, drainTimeout: plan.timeouts.drain }, 'gateway stopping');
  await end(gateway, plan.timeouts.drain + grace, signals.force);
  logger.info({ sessions: gateway.endings(), denied: gateway.denials() }, 'gateway closed');
  stdout.flush();
  // A reader that is behind gets all of it, one that is stuck does not keep us: less than a second beyond the drain.
  const left = Math.max(0, stopped + plan.timeouts.drain + grace - performance.now());
  await Promise.race([log.drained(Math.min(lastWords, left)), aborted(signals.force)]);
  return 0;
}

/** SIGQUIT: until no session is left, or a request to stop. */
async function drainUntilEmpty(gateway: Gateway, logger: Log['logger'], { stop }: StopSignals): Promise<void> {
  logger.info({ sessions: gateway.sessions().length }, 'gateway draining until no session is left');
  await Promise.race([gateway.drain('until empty'), aborted(stop)]);
}

async function end(gateway: Gateway, deadline: number, force: AbortSignal): Promise<void> {
  const drained = gateway.drain().then(() => 'drained' as const);
  const timer = new AbortController();
  const late = delay(deadline, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
  const outcome = await Promise.race([drained, late, aborted(force).then(() => 'forced' as const)]);
  timer.abort();
  if (outcome !== 'drained') await Promise.race([gateway.close(), delay(closing)]);
}

/** The gateway has logged each failure; where the log does not reach stderr, they are printed there. */
async function reportFailures(
  plan: Plan,
  failures: readonly ListenerFailure[],
  { io, log, signals, wayOut }: ServeOptions,
): Promise<void> {
  const count = `${failures.length} of ${plan.listeners.length} listeners could not be opened`;
  const busy = failures.some(({ code }) => code === 'EADDRINUSE');
  const message = `Cannot serve: ${count}; ${busy ? wayOut : 'the reason stands at each of them'}`;
  log.logger.error(message);
  // Nothing is served: a signal may end what follows.
  signals.dispose();
  await log.drained(lastWords);
  if (plan.log.file === undefined && log.logger.isLevelEnabled('error')) return;
  await io.stderr.write([...failures.map((failure) => printableLine(failure.message)), message, ''].join('\n'));
}
