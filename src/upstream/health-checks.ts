import { performance } from 'node:perf_hooks';
import { type Check, intervalsToNext, takeOutcome } from './check.ts';
import { CheckLines, type Place } from './check-lines.ts';
import type { DialSources } from './dial-sources.ts';
import { DueQueue } from './due-queue.ts';
import type { Pool, PoolTarget } from './pool.ts';
import type { Probe } from './probe.ts';

/** A check that comes late by more than this many milliseconds, or by a tenth of its interval, is left out. */
const lateness = 100;
/** Node's timers fire at once beyond 2^31-1 ms. To wake up once an hour for nothing does no harm. */
const longestWait = 3_600_000;

/** A pool with the milliseconds that a probe may take, and the addresses to dial from. */
interface CheckedPool {
  readonly pool: Pool;
  readonly timeout: number;
  readonly dialFrom?: DialSources | undefined;
}

interface CheckedTarget extends CheckedPool {
  readonly target: PoolTarget;
}

/**
 * Active checks of the pools that have them: each target every interval, those that stay down more seldom (`check.ts`),
 * with one timer for all.
 *
 *     scheduled -- due --> waiting in the line of its standing -- a place is free --> under way --> scheduled
 *         ^                  |
 *         +-- due too long --+  the process was stopped (SIGSTOP), or stuck: the missed checks of all would come at
 *                               once. Each comes back at its next turn instead, which is within an interval.
 *
 * A probe of what swallows packets holds its place for the whole time-out: of S such targets, with T each, one may wait
 * S x T / (P / 2) for one of the P places after it is due. `plan/session-limit.ts` has as many places as make that less
 * than the wait between two checks, where descriptors allow.
 */
export class HealthChecks {
  private readonly probe: Probe;
  private readonly lines: CheckLines;
  private readonly clock: () => number;
  private readonly scheduled = new DueQueue<Check>();
  private readonly underWay = new Map<AbortController, Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private state: 'running' | 'stopped' = 'running';

  /**
   * @param options `mostAtOnce`: probes under way, one descriptor each; `clock`: milliseconds that never go back, the one
   *   that sessions tell their pools
   */
  constructor(options: {
    readonly probe: Probe;
    readonly mostAtOnce: number;
    readonly clock?: (() => number) | undefined;
  }) {
    this.probe = options.probe;
    this.lines = new CheckLines(options.mostAtOnce);
    this.clock = options.clock ?? (() => performance.now());
  }

  /**
   * To be called once. Pools without `health` are passed over.
   *
   * @param pools each with the dial time-out of its sessions, milliseconds; a probe has no more, and at most an interval
   */
  start(pools: readonly CheckedPool[]): void {
    const now = this.clock();
    const byInterval = new Map<number, CheckedTarget[]>();
    for (const { pool, timeout: dialTimeout, dialFrom } of new Map(
      pools.map((entry) => [entry.pool, entry]),
    ).values()) {
      const interval = pool.planned.health?.interval;
      if (interval === undefined) continue;
      const timeout = Math.min(dialTimeout, interval, longestWait);
      const group = byInterval.get(interval) ?? [];
      for (const target of pool.targets) group.push({ pool, target, timeout, dialFrom });
      byInterval.set(interval, group);
    }
    for (const [interval, group] of byInterval) {
      for (const [place, entry] of group.entries()) {
        const due = now + (interval * place) / group.length;
        this.scheduled.add({ ...entry, interval, place, due, standing: 'silent', failedDown: 0 });
      }
    }
    this.setTimer(now);
  }

  /** Ends the probes under way, whose outcome nobody hears of. Resolves once they are gone; may be called twice. */
  async stop(): Promise<void> {
    this.state = 'stopped';
    clearTimeout(this.timer);
    this.scheduled.clear();
    this.lines.clear();
    for (const controller of this.underWay.keys()) controller.abort();
    await Promise.all(this.underWay.values());
  }

  private setTimer(now: number): void {
    clearTimeout(this.timer);
    const next = this.scheduled.first();
    if (next === undefined) return;
    const wait = Math.min(longestWait, Math.max(1, Math.ceil(next.due - now)));
    this.timer = setTimeout(() => this.takeDue(), wait).unref();
  }

  private takeDue(): void {
    const now = this.clock();
    for (let check = this.scheduled.takeDue(now); check !== undefined; check = this.scheduled.takeDue(now)) {
      const late = now - check.due;
      if (late <= Math.max(lateness, check.interval / 10)) this.lines.add(check);
      else {
        check.due += Math.ceil(late / check.interval) * check.interval;
        this.scheduled.add(check);
      }
    }
    this.proceed(now);
  }

  private proceed(now: number): void {
    for (let next = this.lines.take(); next !== undefined; next = this.lines.take()) {
      // One controller each: many listeners on one signal are what Node warns of as a leak.
      const controller = new AbortController();
      this.underWay.set(controller, this.run(next, controller));
    }
    this.setTimer(now);
  }

  private async run({ check, free }: Place, controller: AbortController): Promise<void> {
    const { target, timeout, dialFrom } = check;
    const outcome = await this.probe(target.planned, { timeout, signal: controller.signal, dialFrom });
    this.underWay.delete(controller);
    free();
    if (this.state === 'stopped') return;
    if (outcome !== 'not tried') takeOutcome(check, outcome);
    check.due += intervalsToNext(check) * check.interval;
    this.scheduled.add(check);
    this.proceed(this.clock());
  }
}
