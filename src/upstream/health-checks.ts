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

/** A pool with the milliseconds that a probe may take, and the addresses to dial from. */
interface CheckedPool {
  readonly pool: Pool;
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
  private readonly scheduled: Check[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly underWay = new Map<Probing, Promise<void>>();
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
   * To be called once. Pools without `health` have no checks.
   *
   * @param pools each with the dial time-out of its sessions, milliseconds; a probe has no more, and at most an
   *   interval
   */
  start(pools: readonly CheckedPool[]): void {
    const now = this.clock();
    const byInterval = new Map<number, (CheckedPool & { readonly target: PoolTarget })[]>();
    for (const entry of new Map(pools.map((one) => [one.pool, one])).values()) {
      const interval = entry.pool.planned.health?.interval;
      if (interval === undefined) continue;
      const timeout = Math.min(entry.timeout, interval, longestWait);
      const group = byInterval.get(interval) ?? [];
      for (const target of entry.pool.targets) group.push({ ...entry, target, timeout });
      byInterval.set(interval, group);
    }
    for (const [interval, group] of byInterval) {
      for (const [place, entry] of group.entries()) {
        const due = now + (interval * place) / group.length;
        this.schedule({ ...entry, interval, place, due, standing: 'silent', failedDown: 0 });
      }
    }
    this.setTimer(now);
  }

  /**
   * Cancels the probes under way; their outcomes are not reported. Resolves once all are closed; may be called twice.
   */
  async stop(): Promise<void> {
    this.state = 'stopped';
    clearTimeout(this.timer);
    this.scheduled.length = 0;
    this.queue.clear();
    for (const probing of this.underWay.keys()) probing.cancel();
    await Promise.all(this.underWay.values());
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
      this.underWay.set(probing, this.finish(check, probing));
    }
    this.setTimer(now);
  }

  private async finish(check: Check, probing: Probing): Promise<void> {
    const outcome = await probing.done;
    this.underWay.delete(probing);
    this.queue.done(check);
    if (this.state === 'stopped') return;
    if (outcome !== 'not tried') takeOutcome(check, outcome);
    check.due += intervalsToNext(check) * check.interval;
    this.schedule(check);
    this.proceed(this.clock());
  }
}
