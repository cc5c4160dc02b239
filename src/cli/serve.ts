import { printableLine } from '../base/printable.ts';
import { threadPoolNotes } from '../base/thread-pool.ts';
import { Changes } from '../gateway/changes.ts';
import { type Gateway, startGateway } from '../gateway/gateway.ts';
import type { ListenerFailures } from '../gateway/listener-failure.ts';
import type { PlanSource } from '../gateway/plan-source.ts';
import type { Log } from '../observe/log.ts';
import { NonBlockingDestination } from '../observe/non-blocking-destination.ts';
import { sessionLog } from '../observe/session-log.ts';
import type { Plan } from '../plan/plan.ts';
import { endGateway } from './end-gateway.ts';
import type { ExitCode, Io } from './io.ts';
import { logsToStderr } from './open-log.ts';
import { printErrors } from './refuse.ts';
import { type ServedAs, serveControl } from './serve-control.ts';
import { aborted, type StopSignals } from './stop-signals.ts';

export interface ServeOptions {
  readonly io: Io;
  readonly log: Log;
  readonly signals: StopSignals;
  readonly busyPorts: 'fail' | 'skip';
  /** Where later plans come from. */
  readonly source: PlanSource;
  /** What is served, for those who ask the running gateway. */
  readonly as: ServedAs;
  /** What to do about busy ports; `rest`: whether anything could be served without them. */
  advice(rest: 'something' | 'nothing'): string;
  /** Form of errors that are printed beside the log; default `auto`, which is text. */
  readonly format?: 'auto' | 'text' | 'json';
  /** Printable lines for stdout once the gateway serves. */
  summary(gateway: Gateway): readonly string[];
}

/** Milliseconds that the last lines have to reach a reader: nothing is served any more, so this may wait. */
export const lastWords = 2_000;

/**
 * Serves a plan, and those that follow it, until a signal or a command ends it: start, print what is served, wait,
 * drain. A second signal ends it at once. From the start on, stdout and stderr are only written in ways that cannot
 * block.
 */
export async function serve(plan: Plan, options: ServeOptions): Promise<ExitCode> {
  const { io, log, signals, source } = options;
  const { logger } = log;
  const sessions = sessionLog(log.sessions);
  const started = await startGateway(plan, { logger, observer: sessions, busyPorts: options.busyPorts });
  if (started.kind === 'failed') {
    await reportFailures(plan, started.failures, options);
    return 1;
  }
  const { gateway } = started;
  const stdout = new NonBlockingDestination(io.stdout.fd, { droppedLine: () => '' });
  announce(gateway, stdout, options);
  io.serving();

  const changes = new Changes(gateway, source, log);
  signals.onReload(() => changes.reloadSoon('signal'));
  const control = await serveControl({ gateway, changes, log, as: options.as, environment: io.environment });
  const deadline = await endGateway(gateway, { log, signals, requested: control.drainRequested });
  changes.close();
  await control.close();
  sessions.close();
  const counts = { sessions: gateway.endings(), denied: gateway.denials(), turnedAway: gateway.turnedAway() };
  logger.info(counts, 'gateway closed');
  stdout.flush();
  // A reader that is behind gets all lines; one that is stuck delays the end by less than a second beyond the drain.
  const left = Math.max(0, deadline - performance.now());
  await Promise.race([log.drained(Math.min(lastWords, left)), aborted(signals.force)]);
  return 0;
}

/** Says what is served, on stdout and in the log. */
function announce(gateway: Gateway, stdout: NonBlockingDestination, options: ServeOptions): void {
  const { logger } = options.log;
  const { plan } = gateway;
  const lines = options.summary(gateway);
  // Warnings of the start come before the summary.
  options.log.flush();
  for (const line of lines) stdout.write(`${line}\n`);
  stdout.flush();
  // On a terminal the summary has just shown all this.
  if (summaryIsBeside(options)) return;
  const { subnet, limits, engine } = plan;
  logger.info({ subnet, listeners: gateway.served, sessions: limits.sessions, engine: engine.name }, 'gateway ready');
  for (const note of [...plan.notes, ...threadPoolNotes()]) logger.info(note);
}

/** Whether a person sees summary and log on the same terminal. */
export function summaryIsBeside({ io, log }: Pick<ServeOptions, 'io' | 'log'>): boolean {
  return io.stdout.style === 'terminal' && log.style === 'terminal' && log.logger.isLevelEnabled('info');
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
