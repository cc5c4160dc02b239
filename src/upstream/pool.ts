import type { Ip } from '../base/ip.ts';
import type { PlannedPool } from '../plan/plan.ts';
import { type Balance, LeastConnections, RoundRobin } from './balance.ts';
import { BySource } from './balance-source.ts';
import { createPoolTarget, type PoolTarget } from './pool-target.ts';
import { afterCheck, afterDial, afterGivingUp, afterPick, isReady, type TargetHealth } from './target-health.ts';

export type { PoolTarget } from './pool-target.ts';

/** What came of an active check; `why` is for people. */
export type CheckOutcome = { readonly ok: true } | { readonly ok: false; readonly why: string };

/**
 * A change in a pool, reported once. `target out` and `target in` take turns for one target: it is out from the first
 * cause on, and in again when no cause is left; `cause` is what made the change. A pool is empty when checks have put
 * out all of its targets; that event comes after the one of the last target.
 */
export type PoolEvent =
  | {
      readonly kind: 'target out';
      readonly pool: string;
      /** `host:port`. */
      readonly target: string;
      readonly cause: 'dials' | 'checks';
      /** What the last dial or check met, for people. */
      readonly why: string;
    }
  | { readonly kind: 'target in'; readonly pool: string; readonly target: string; readonly cause: 'dials' | 'checks' }
  | { readonly kind: 'pool empty'; readonly pool: string }
  | { readonly kind: 'pool has targets again'; readonly pool: string };

/** Why a target may not have one more session, by the limits of sessions and dials. */
type TargetRefusal = 'target sessions' | 'no answer' | 'dials';

/**
 * Dials in a row that must fail until a target is passed over, where the configuration sets no `health.fall`.
 */
const defaultFall = 3;
/** As long as a session goes on dialing with default time-outs (`dialTotal`). */
const defaultTrialTime = 10_000;

const balances: Readonly<Record<PlannedPool['balance'], (targets: readonly PoolTarget[]) => Balance>> = {
  roundrobin: () => new RoundRobin(),
  leastconn: () => new LeastConnections(),
  source: (targets) => new BySource(targets),
};

/**
 * The targets of a listener at run time, with balancing and health. It is named, and outlives a plan. All times are
 * milliseconds of one clock that never goes back (performance.now()).
 *
 * `balance` picks from the first of these groups that has a target for the session. A target that the session has
 * tried, that is full, or that checks have put out is in none of them:
 *
 *     primary targets that are ready, backup targets that are ready, primary targets passed over, backup ones
 *
 * So passive health empties no pool. Where all targets are passed over, `balance` decides, and not which pause ends
 * first: tries spread over all of them, which finds one that is up again soon, and does not rush it.
 */
export class Pool {
  readonly planned: PlannedPool;
  readonly targets: readonly PoolTarget[];
  /** The target of a pool that has only one, and no checks: there is nothing to choose. Most pools are such. */
  private readonly lone: PoolTarget | null;
  private readonly balance: Balance;
  private readonly fall: number;
  private readonly trialTime: number;
  private readonly onEvent: (event: PoolEvent) => void;
  private readonly refuses: (target: PoolTarget, now: number) => TargetRefusal | undefined;

  /**
   * @param options `refuses`: why a target may not have one more session; `trialTime`: milliseconds for which a trial
   *   keeps other sessions away, at least as long as a session may dial
   */
  constructor(
    planned: PlannedPool,
    options: {
      readonly onEvent?: ((event: PoolEvent) => void) | undefined;
      readonly refuses?: ((target: PoolTarget, now: number) => TargetRefusal | undefined) | undefined;
      readonly trialTime?: number | undefined;
    } = {},
  ) {
    this.planned = planned;
    this.targets = planned.targets.map(createPoolTarget);
    const [first = null, second] = this.targets;
    this.lone = second === undefined && planned.health === undefined ? first : null;
    this.balance = balances[planned.balance](this.targets);
    this.trialTime = options.trialTime ?? defaultTrialTime;
    this.fall = planned.health?.fall ?? defaultFall;
    this.onEvent = options.onEvent ?? (() => {});
    this.refuses = options.refuses ?? (() => undefined);
  }

  get name(): string {
    return this.planned.name;
  }

  /**
   * The next target for a session to try. Does not count the session (`enter`), but a target whose pause is over is on
   * trial from here on: the session reports the outcome by `succeeded`, `failed` or `gaveUp`.
   *
   * @param tried the targets that this session has tried before
   * @returns where targets are left, but all are full: why the first of them is
   */
  pick(source: Ip | undefined, now: number, tried: readonly PoolTarget[]): PoolTarget | 'no target' | TargetRefusal {
    const { lone } = this;
    if (lone !== null) {
      if (tried.length > 0) return 'no target';
      return this.refuses(lone, now) ?? lone;
    }

    const left = this.targets.filter((target) => target.health.state !== 'down' && !tried.includes(target));
    const refusals = left.map((target) => this.refuses(target, now));
    const open = left.filter((_, index) => refusals[index] === undefined);
    const ready = open.filter((target) => isReady(target.health, now));
    const picked = this.balance.pick(primaryFirst(ready.length > 0 ? ready : open), source);
    if (picked === undefined) return refusals[0] ?? 'no target';
    picked.health = afterPick(picked.health, now, this.trialTime);
    return picked;
  }

  /** A session is with this target, until `leave`. */
  enter(target: PoolTarget): void {
    target.sessions += 1;
  }

  leave(target: PoolTarget): void {
    target.sessions -= 1;
  }

  /** A session's dial of this target succeeded. */
  succeeded(target: PoolTarget, now: number): void {
    this.dialed(target, 'succeeded', now, '');
  }

  /** A session's dial of this target failed, by a fault of the target. @param why for people */
  failed(target: PoolTarget, now: number, why: string): void {
    this.dialed(target, 'failed', now, why);
  }

  /**
   * A session ends without an outcome for this target: its client has left, or this machine lacks what a dial needs.
   * Where that was a trial, the next session may have one.
   */
  gaveUp(target: PoolTarget, now: number): void {
    target.health = afterGivingUp(target.health, now);
  }

  /** The outcome of an active check of this target. No effect in a pool without checks. */
  checked(target: PoolTarget, outcome: CheckOutcome): void {
    const { health } = this.planned;
    if (health === undefined) return;
    const next = afterCheck(target.health, outcome.ok ? 'succeeded' : 'failed', health);
    this.become(target, next, 'checks', outcome.ok ? '' : outcome.why);
  }

  private dialed(target: PoolTarget, outcome: 'succeeded' | 'failed', now: number, why: string): void {
    // There is no other target to go to, so that checks alone decide whether to dial it.
    if (this.targets.length === 1) return;
    this.become(target, afterDial(target.health, outcome, now, this.fall), 'dials', why);
  }

  private become(target: PoolTarget, next: TargetHealth, cause: 'dials' | 'checks', why: string): void {
    const before = target.health;
    if (next === before) return;
    const wasEmpty = this.isEmpty();
    target.health = next;
    const about = { pool: this.name, target: target.name, cause };
    if (before.state === 'in' && next.state !== 'in') this.onEvent({ kind: 'target out', ...about, why });
    if (before.state !== 'in' && next.state === 'in') this.onEvent({ kind: 'target in', ...about });
    const empty = this.isEmpty();
    if (!wasEmpty && empty) this.onEvent({ kind: 'pool empty', pool: this.name });
    if (wasEmpty && !empty) this.onEvent({ kind: 'pool has targets again', pool: this.name });
  }

  private isEmpty(): boolean {
    return this.targets.every(({ health }) => health.state === 'down');
  }
}

/** The primary ones among them, or all where there is none. */
function primaryFirst(targets: readonly PoolTarget[]): readonly PoolTarget[] {
  const primary = targets.filter(({ planned }) => planned.tier === 'primary');
  return primary.length > 0 ? primary : targets;
}
