import { performance } from 'node:perf_hooks';
import type { PlannedTarget } from '../plan/plan.ts';
import { type Check, intervalsToNext, takeOutcome } from './check.ts';
import { CheckQueue } from './check-queue.ts';
import type { DialSources } from './dial-sources.ts';
import type { CheckOutcome, Pool, PoolTarget } from './pool.ts';

/** `not tried`: nothing is known of the target, as the probe was cancelled or this machine lacks what it needs. */
export type ProbeOutcome = CheckOutcome | 'not tried';

/** A probe under way. `done` never rejects; `cancel` makes it resolve with `not tried`. */
export interface Probing {
  readonly done: Promise<ProbeOutcome>;
  cancel(): void;
}

/** Starts one active check of one target. `timeout`: milliseconds for all of it. */
export type Probe = (
  target: PlannedTarget,
  options: { readonly timeout: number; readonly dialFrom: DialSources },
) => Probing;

/** A check that comes late by more than this many milliseconds, or by a tenth of its interval, is left out. */
const lateness = 100;
/** Node's timers fire at once beyond 2^31-1 ms. To wake up once an hour for nothing does no harm. */
const longestWait = 3_600_000;

/** A pool, and how its targets are dialed. */
interface CheckedPool {
  readonly pool: Pool;
  /** The dial time-out of its sessions, milliseconds: a probe has no more, and at most an interval. */
  readonly timeout: number;
  readonly dialFrom: DialSources;
}

/**
 * Active checks of the pools that have them: each target every interval, those that stay down more seldom (`check.ts`).
 *
 *     scheduled -- due --> queued by its standing -- a place is free --> under way --> scheduled
 *         ^                  |
 *         +-- due too long --+  the process was stopped (SIGSTOP), or stuck: the missed checks of all would run at
 *                               once. Each runs at its next turn instead, within an interval.
 *
 * A probe of a host that swallows packets holds its place for the whole time-out. Of S such hosts, with time-out T, one
 * may wait S x T / (P / 2) for one of P places. `plan/session-limit.ts` plans places enough to make that less than the
 * wait between two checks, where descriptors allow.
 */
export class HealthChecks {
  private readonly probe: Probe;
  private readonly queue: CheckQueue;
  private readonly clock: () => number;
  /** By when they are due, the next one first; one timer for all. */
  private scheduled: Check[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly underWay = new Map<Check, { readonly probing: Probing; readonly finished: Promise<void> }>();
  private readonly checks = new Map<PoolTarget, Check>();
  private state: 'running' | 'stopped' = 'running';

  /**
   * @param options `mostAtOnce`: probes under way, one descriptor each; `clock`: milliseconds that never go back, the
   *   same clock as that of the pools
   */
  constructor(options: {
    readonly probe: Probe;
    readonly mostAtOnce: number;
    readonly clock?: (() => number) | undefined;
  }) {
    this.probe = options.probe;
    this.queue = new CheckQueue(options.mostAtOnce);
    this.clock = options.clock ?? (() => performance.now());
  }

  /**
   * Checks the targets of these pools from now on, and no others. Pools without `health` have no checks. Targets that
   * were checked before keep their turn and what is known of them; those that are new, or have another interval, get
   * turns spread over one. Probes of targets that are gone are cancelled.
   *
   * @param mostAtOnce probes under way from now on, where that has changed
   */
  update(pools: readonly CheckedPool[], mostAtOnce?: number): void {
    if (this.state === 'stopped') return;
    const now = this.clock();
    if (mostAtOnce !== undefined) this.queue.places = mostAtOnce;
    const wanted = new Map(pools.flatMap((pool) => checksOf(pool)).map((check) => [check.target, check]));
    for (const [target, check] of this.checks) if (!wanted.has(target)) this.remove(check);
    const moved = new Set<Check>();
    const added: Check[] = [];
    for (const check of wanted.values()) {
      const known = this.checks.get(check.target);
      if (known === undefined) {
        this.checks.set(check.target, check);
        added.push(check);
        continue;
      }
      if (known.interval !== check.interval) moved.add(known);
      known.interval = check.interval;
      known.timeout = check.timeout;
      known.dialFrom = check.dialFrom;
    }
    // One that waits for a place, or is under way, gets its next turn by the new interval.
    const unscheduled = this.scheduled.filter((check) => moved.has(check));
    this.scheduled = this.scheduled.filter((check) => this.has(check) && !moved.has(check));
    this.queue.drop((check) => this.has(check));
    this.spread([...unscheduled, ...added], now);
    this.proceed(now);
  }

  /**
   * Cancels the probes under way; their outcomes are not reported. Resolves once all are closed; may be called twice.
   */
  async stop(): Promise<void> {
    this.state = 'stopped';
    clearTimeout(this.timer);
    this.scheduled.length = 0;
    this.queue.drop(() => false);
    const underWay = [...this.underWay.values()];
    for (const { probing } of underWay) probing.cancel();
    await Promise.all(underWay.map(({ finished }) => finished));
  }

  private has(check: Check): boolean {
    return this.checks.get(check.target) === check;
  }

  private remove(check: Check): void {
    this.checks.delete(check.target);
    this.underWay.get(check)?.probing.cancel();
  }

  /** Gives each of them a turn within an interval from now on. */
  private spread(checks: readonly Check[], now: number): void {
    const byInterval = new Map<number, Check[]>();
    for (const check of checks) {
      const group = byInterval.get(check.interval) ?? [];
      byInterval.set(check.interval, group);
      group.push(check);
    }
    for (const [interval, group] of byInterval) {
      for (const [place, check] of group.entries()) {
        check.place = place;
        check.due = now + (interval * place) / group.length;
        this.schedule(check);
      }
    }
  }

  private schedule(check: Check): void {
    const before = this.scheduled.findLastIndex(({ due }) => due <= check.due);
    this.scheduled.splice(before + 1, 0, check);
  }

  private setTimer(now: number): void {
    clearTimeout(this.timer);
    const [next] = this.scheduled;
    if (next === undefined) return;
    const wait = Math.min(longestWait, Math.max(1, Math.ceil(next.due - now)));
    this.timer = setTimeout(() => this.queueDue(), wait).unref();
  }

  private queueDue(): void {
    const now = this.clock();
    const next = this.scheduled.findIndex(({ due }) => due > now);
    for (const check of this.scheduled.splice(0, next === -1 ? this.scheduled.length : next)) {
      const late = now - check.due;
      if (late <= Math.max(lateness, check.interval / 10)) this.queue.add(check);
      else {
        check.due += Math.ceil(late / check.interval) * check.interval;
        this.schedule(check);
      }
    }
    this.proceed(now);
  }

  private proceed(now: number): void {
    for (let check = this.queue.take(); check !== undefined; check = this.queue.take()) {
      const probing = this.probe(check.target.planned, check);
      this.underWay.set(check, { probing, finished: this.finish(check, probing) });
    }
    this.setTimer(now);
  }

  private async finish(check: Check, probing: Probing): Promise<void> {
    const outcome = await probing.done;
    this.underWay.delete(check);
    this.queue.done(check);
    if (this.state === 'stopped') return;
    if (this.has(check)) {
      if (outcome !== 'not tried') takeOutcome(check, outcome);
      check.due += intervalsToNext(check) * check.interval;
      this.schedule(check);
    }
    this.proceed(this.clock());
  }
}

/** The checks of a pool's targets, without a turn yet. */
function checksOf({ pool, timeout, dialFrom }: CheckedPool): Check[] {
  const interval = pool.planned.health?.interval;
  if (interval === undefined) return [];
  return pool.targets.map((target) => ({
    pool,
    target,
    interval,
    timeout: Math.min(timeout, interval, longestWait),
    dialFrom,
    place: 0,
    due: 0,
    standing: 'silent',
    failedDown: 0,
  }));
}
