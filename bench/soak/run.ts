import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../forwarders/floatgate.ts';
import type { Children } from '../process/children.ts';
import { cpuTime, totalOf } from '../process/proc.ts';
import type { Progress } from '../progress.ts';
import type { Check } from '../stress/climb.ts';
import { Book } from './book.ts';
import { compareRecords, listed } from './compare-records.ts';
import { Environment } from './environment.ts';
import { faultSchedule, type PlannedFault } from './faults/schedule.ts';
import { throwIn } from './faults/throw-in.ts';
import { type GatewayCommand, type GatewayUnderSoak, startGateway } from './gateway.ts';
import { layout } from './layout.ts';
import { type MemoryTrend, memoryTrend } from './memory.ts';
import { Probe } from './probe.ts';
import { type Sample, Sampling } from './samples.ts';
import { loadSendQueue } from './send-queue.ts';
import { Targets } from './targets.ts';
import { answer } from './traffic/http-request.ts';
import { traffic } from './traffic/traffic.ts';

/** What a run is to be. */
export interface SoakOptions extends GatewayCommand {
  readonly seed: number;
  /** Milliseconds of traffic. */
  readonly length: number;
  /** Milliseconds after traffic over which CPU is looked at. */
  readonly watchIdle: number;
}

/** What a run has shown. */
export interface SoakResult {
  readonly engineUsed: Engine;
  readonly seed: number;
  readonly seconds: number;
  readonly sessions: Readonly<Record<string, { readonly sessions: number; readonly bytes: number }>>;
  readonly faults: readonly PlannedFault[];
  readonly samples: readonly Sample[];
  readonly memory: MemoryTrend;
  /** CPU seconds per second once traffic was over. */
  readonly idleCpu: number;
  /** Nothing wrong, missing or left over. */
  readonly correctness: readonly Check[];
}

/** Milliseconds for the last sessions to end once traffic has to stop, and for the gateway to close what they held. */
const settleWithin = 60_000;
const closeWithin = 15_000;

/** Sends traffic and faults through a gateway, then compares what everybody counted. */
export async function soak(options: SoakOptions, children: Children, progress: Progress): Promise<SoakResult> {
  const sendQueue = await loadSendQueue();
  const place = await layout();
  const book = new Book();
  const stop = new AbortController();
  // Every session that pauses listens to it.
  setMaxListeners(0, stop.signal);
  const targets = new Targets();
  const gateway = await startGateway(place, options, children);
  const environment = new Environment({
    seed: options.seed,
    layout: place,
    book,
    gateway,
    stopping: stop.signal,
    sendQueue,
  });
  try {
    await targets.open(place, (number, socket, rest) => environment.arrived(number, socket, rest), answer);
    const before = gateway.descriptors();
    const { faults, samples } = await underLoad(environment, options, stop, progress);
    environment.close();
    const after = await descriptorsAfter(gateway, before.others);
    const idleCpu = await cpuShare(gateway, options.watchIdle);
    const aliveAtEnd = gateway.alive;
    const exitCode = await gateway.stop();
    const drained = gateway.records.closed.filter(({ reason }) => reason === 'drained').length;
    const correctness: Check[] = [
      {
        what: 'not one byte missing or wrong, and every session ends as it must',
        holds: book.failures.length === 0,
        seen: book.failures.length === 0 ? `${book.entries.length} sessions` : listed(book.failures),
      },
      ...compareRecords(book, gateway.records),
      {
        what: 'descriptors are as before, but for pipes kept for the next transfer',
        holds: after.others === before.others && after.pipes <= before.pipes + 2 * gateway.pipes,
        seen: `${before.others} before, ${after.others} after; ${after.pipes - before.pipes} of pipes`,
      },
      { what: 'no session is left', holds: targets.live === 0 && drained === 0, seen: `${targets.live + drained}` },
      { what: 'the process lives', holds: aliveAtEnd, seen: aliveAtEnd ? 'yes' : 'no' },
      { what: 'SIGTERM ends it with 0', holds: exitCode === 0, seen: String(exitCode) },
    ];
    return {
      engineUsed: gateway.engine,
      seed: options.seed,
      seconds: options.length / 1000,
      sessions: Object.fromEntries(book.tallies),
      faults,
      samples,
      memory: memoryTrend(samples),
      idleCpu,
      correctness,
    };
  } finally {
    stop.abort();
    environment.close();
    await targets.close();
  }
}

/** Traffic, faults, probes and samples, until all sessions have ended or should have. */
async function underLoad(
  environment: Environment,
  { seed, length }: SoakOptions,
  stop: AbortController,
  progress: Progress,
): Promise<Pick<SoakResult, 'faults' | 'samples'>> {
  const { book, gateway, layout } = environment;
  const through = await Probe.open(layout.echo.listener, book.enter('probe'));
  const past = await Probe.open(layout.echo.target);
  const sampling = new Sampling(gateway.pid, book, through, past);
  const reporting = setInterval(() => progress.show(progressLine(book, sampling)), 1_000);
  const timer = setTimeout(() => stop.abort(), length);
  try {
    const faults = faultSchedule(seed, length);
    const all = Promise.all([traffic(environment), throwIn(environment, faults)]).then(() => 'ended' as const);
    const end = await Promise.race([all, delay(length + settleWithin, 'stuck' as const, { ref: false })]);
    if (end === 'stuck') book.failures.push(`${book.open} sessions are open ${settleWithin / 1000} s after traffic`);
    return { faults, samples: sampling.samples };
  } finally {
    clearTimeout(timer);
    clearInterval(reporting);
    sampling.stop();
    await book.watch('probe', () => through.close());
    await past.close().catch(() => {});
  }
}

function progressLine(book: Book, { samples }: Sampling): string {
  const { at = 0, rss = 0 } = samples.at(-1) ?? {};
  const figures = [
    `${at.toFixed(0)} s`,
    `${book.open} sessions open, ${book.entries.length - book.open} over`,
    `${(book.bytes / 1e6).toFixed(0)} MB`,
    `RSS ${(rss / 2 ** 20).toFixed(0)} MiB`,
    `${book.failures.length} failed`,
  ];
  return figures.join(', ');
}

/** The gateway closes what was reset a moment later: looks until all is closed, or it has had time enough. */
async function descriptorsAfter(
  gateway: GatewayUnderSoak,
  others: number,
): Promise<{ readonly pipes: number; readonly others: number }> {
  if (!gateway.alive) return { pipes: 0, others: 0 };
  const end = Date.now() + closeWithin;
  for (;;) {
    const seen = gateway.descriptors();
    if (seen.others === others || Date.now() > end) return seen;
    await delay(50);
  }
}

async function cpuShare(gateway: GatewayUnderSoak, milliseconds: number): Promise<number> {
  if (!gateway.alive || milliseconds === 0) return 0;
  const [begun, before] = [performance.now(), totalOf(cpuTime(gateway.pid))];
  await delay(milliseconds);
  return ((totalOf(cpuTime(gateway.pid)) - before) * 1000) / (performance.now() - begun);
}
