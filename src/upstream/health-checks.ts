import { performance } from 'node:perf_hooks';
import { type Due, DueQueue } from './due-queue.ts';
import type { Pool, PoolTarget } from './pool.ts';
import type { Probe } from './probe.ts';

/** One target's checks. Its `due` moves on by whole intervals, so that the checks of all stay as spread as they began. */
interface Check extends Due {
  readonly pool: Pool;
  readonly target: PoolTarget;
  readonly interval: number;
  readonly timeout: number;
}

/** A check that comes late by more than this many milliseconds, or by a tenth of its interval, is left out. */
const lateness = 100;
/** Node's timers fire at once beyond 2^31-1 ms. To wake up once an hour for nothing does no harm. */
const longestWait = 3_600_000;

/**
 * Active checks of the pools that have them: each target every interval, with one timer for all.
 *
 *     scheduled -- due --> waiting, first come first served -- a place is free --> under way --> scheduled
 *         ^                  |
 *         +-- due too long --+  the process was stopped (SIGSTOP), or stuck: the missed checks of all would come at
 *                               once. Each comes back at its next turn instead, which is within an interval.
 *
 * Where many targets swallow packets, all places may be taken for their time-out, and the others are checked more
 * seldom than they should: better than a descriptor for each.
 */
export class HealthChecks {
  private readonly probe: Probe;
  private readonly mostAtOnce: number;
  private readonly clock: () => number;
  private readonly scheduled = new DueQueue<Check>();
  private readonly waiting: Check[] = [];
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
    this.mostAtOnce = options.mostAtOnce;
    this.clock = options.clock ?? (() => performance.now());
  }

  /**
   * To be called once. Pools without `health` are passed over.
   *
   * @param pools each with the dial time-out of its sessions, milliseconds; a probe has no more, and at most an interval
   */
  start(pools: readonly { readonly pool: Pool; readonly timeout: number }[]): void {
    const now = this.clock();
    const byInterval = new Map<number, Check[]>();
    for (const [pool, timeout] of new Map(pools.map((entry) => [entry.pool, entry.timeout]))) {
      for (const check of checksOf(pool, timeout)) {
        const group = byInterval.get(check.interval);
        if (group === undefined) byInterval.set(check.interval, [check]);
        else group.push(check);
      }
    }
    for (const [interval, group] of byInterval) {
      for (const [place, check] of group.entries()) {
        check.due = now + (interval * place) / group.length;
        this.scheduled.add(check);
      }
    }
    this.setTimer(now);
  }

  /** Ends the probes under way, whose outcome nobody hears of. Resolves once they are gone; may be called twice. */
  async stop(): Promise<void> {
    this.state = 'stopped';
    clearTimeout(this.timer);
    this.scheduled.clear();
    this.waiting.length = 0;
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
      if (late <= Math.max(lateness, check.interval / 10)) this.waiting.push(check);
      else {
        check.due += Math.ceil(late / check.interval) * check.interval;
        this.scheduled.add(check);
      }
    }
    this.proceed(now);
  }

  private proceed(now: number): void {
    while (this.underWay.size < this.mostAtOnce) {
      const check = this.waiting.shift();
      if (check === undefined) break;
      // One controller each: many listeners on one signal are what Node warns of as a leak.
      const controller = new AbortController();
      this.underWay.set(controller, this.run(check, controller));
    }
    this.setTimer(now);
  }

  private async run(check: Check, controller: AbortController): Promise<void> {
    const { pool, target, interval, timeout } = check;
    const outcome = await this.probe(target.planned, { timeout, signal: controller.signal });
    this.underWay.delete(controller);
    if (this.state === 'stopped') return;
    const now = this.clock();
    check.due += interval;
    this.scheduled.add(check);
    if (outcome !== 'not tried') pool.checked(target, now, outcome);
    this.proceed(now);
  }
}

function checksOf(pool: Pool, dialTimeout: number): Check[] {
  const { health } = pool.planned;
  if (health === undefined) return [];
  const { interval } = health;
  const timeout = Math.min(dialTimeout, interval, longestWait);
  return pool.targets.map((target) => ({ pool, target, interval, timeout, due: 0 }));
}
