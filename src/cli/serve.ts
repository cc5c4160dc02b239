import { setTimeout as delay } from 'node:timers/promises';
import { count } from '../base/count.ts';
import { formatDuration } from '../base/duration.ts';
import { printableLine } from '../base/printable.ts';
import { threadPoolNotes } from '../base/thread-pool.ts';
import { type Gateway, startGateway } from '../gateway/gateway.ts';
import type { ListenerFailures } from '../gateway/listener-failure.ts';
import type { Log } from '../observe/log.ts';
import { NonBlockingDestination } from '../observe/non-blocking-destination.ts';
import { sessionLog } from '../observe/session-log.ts';
import type { Plan } from '../plan/plan.ts';
import type { ExitCode, Io } from './io.ts';
import { logsToStderr } from './open-log.ts';
import { printErrors } from './refuse.ts';
import { aborted, type StopSignals } from './stop-signals.ts';

export interface ServeOptions {
  readonly io: Io;
  readonly log: Log;
  readonly signals: StopSignals;
  readonly busyPorts: 'fail' | 'skip';
  /** What to do about busy ports; `rest`: whether anything could be served without them. */
  advice(rest: 'something' | 'nothing'): string;
  /** Form of errors that are printed beside the log; default `auto`, which is text. */
  readonly format?: 'auto' | 'text' | 'json';
  /** Printable lines for stdout once the gateway serves. */
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
  const sessions = sessionLog(log.sessions);
  const started = await startGateway(plan, { logger, observer: sessions, busyPorts: options.busyPorts });
  if (started.kind === 'failed') {
    await reportFailures(plan, started.failures, options);
    return 1;
  }
  const { gateway } = started;
  const lines = options.summary(gateway);
  const stdout = new NonBlockingDestination(io.stdout.fd, { droppedLine: () => '' });
  // Warnings of the start come before the summary.
  log.flush();
  for (const line of lines) stdout.write(`${line}\n`);
  stdout.flush();
  // On a terminal the summary has just shown all this.
  if (!summaryIsBeside(options)) {
    logger.info(
      {
        subnet: plan.subnet,
        listeners: gateway.served,
        sessions: plan.limits.sessions,
        engine: plan.engine.name,
      },
      'gateway ready',
    );
    for (const note of [...plan.notes, ...threadPoolNotes()]) logger.info(note);
  }
  io.serving();

  await Promise.race([aborted(signals.stop), aborted(signals.drain)]);
  if (!signals.stop.aborted) await drainUntilEmpty(gateway, plan, options);
  const stopped = performance.now();
  logStopping(gateway, plan, log);
  await end(gateway, plan.drain.sessions + grace, signals.force);
  sessions.close();
  const counts = { sessions: gateway.endings(), denied: gateway.denials(), turnedAway: gateway.turnedAway() };
  logger.info(counts, 'gateway closed');
  stdout.flush();
  // A reader that is behind gets all lines; one that is stuck delays the end by less than a second beyond the drain.
  const left = Math.max(0, stopped + plan.drain.sessions + grace - performance.now());
  await Promise.race([log.drained(Math.min(lastWords, left)), aborted(signals.force)]);
  return 0;
}

/** Whether a person sees summary and log on the same terminal. */
export function summaryIsBeside({ io, log }: Pick<ServeOptions, 'io' | 'log'>): boolean {
  return io.stdout.style === 'terminal' && log.style === 'terminal' && log.logger.isLevelEnabled('info');
}

/** SIGQUIT: until no session is left, or a request to stop. */
async function drainUntilEmpty(gateway: Gateway, plan: Plan, { log, signals }: ServeOptions): Promise<void> {
  const sessions = gateway.sessions().length;
  log.logger.info({ sessions }, 'gateway draining until no session is left');
  if (sessions > 0) {
    const left = `the ${count(sessions, 'session')} left`;
    const { sessions: drain } = plan.drain;
    const timed = `gives ${left} ${formatDuration(drain)} to end; once more ends ${pronoun(sessions)} at once`;
    log.logger.info(`${stopWords(log)} ${drain === 0 ? `ends ${left} at once` : timed}`);
  }
  await Promise.race([gateway.drain('until empty'), aborted(signals.stop)]);
}

function logStopping(gateway: Gateway, plan: Plan, log: Log): void {
  const sessions = gateway.sessions().length;
  log.logger.info({ sessions, drainTimeoutMs: plan.drain.sessions }, 'gateway stopping');
  if (sessions === 0 || plan.drain.sessions === 0) return;
  const drain = formatDuration(plan.drain.sessions);
  const again = `${stopWords(log)} again ends ${pronoun(sessions)} at once`;
  log.logger.info(`${count(sessions, 'session')} may end within ${drain}; ${again}`);
}

/** How to send a signal: keys at a terminal, its name elsewhere. */
function stopWords({ style }: Log): string {
  return style === 'terminal' ? 'Ctrl-C' : 'SIGTERM or SIGINT';
}

function pronoun(sessions: number): string {
  return sessions === 1 ? 'it' : 'them';
}

async function end(gateway: Gateway, deadline: number, force: AbortSignal): Promise<void> {
  const drained = gateway.drain().then(() => 'drained' as const);
  const timer = new AbortController();
  const late = delay(deadline, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
  const outcome = await Promise.race([drained, late, aborted(force).then(() => 'forced' as const)]);
  timer.abort();
  if (outcome !== 'drained') await Promise.race([gateway.close(), delay(closing)]);
}

/** The gateway has logged each failure. They are printed on stderr, too, where the log does not reach it. */
async function reportFailures(
  plan: Plan,
  failures: readonly ListenerFailures[],
  { io, log, signals, advice, format = 'auto' }: ServeOptions,
): Promise<void> {
  const failed = failures.reduce((sum, { listeners }) => sum + listeners.length, 0);
  const all = plan.listeners.length;
  const rest = failed === all ? 'nothing' : 'something';
  const what =
    rest === 'nothing' && all > 1
      ? `none of ${all} listeners could be opened`
      : `${failed} of ${all} listeners could not be opened`;
  const busy = failures.some(({ code }) => code === 'EADDRINUSE');
  const message = `Cannot serve: ${what}${busy ? `; ${advice(rest)}` : ''}`;
  log.logger.error(message);
  // Nothing is served: a signal may end what follows.
  signals.dispose();
  await log.drained(lastWords);
  if (logsToStderr(plan.log.file) && log.logger.isLevelEnabled('error')) return;
  await printErrors([...failures.map((failure) => printableLine(failure.message)), message], io, format);
}
