import type { Ip } from '../base/ip.ts';
import type { PlannedPool } from '../plan/plan.ts';
import { type Balance, LeastConnections, RoundRobin } from './balance.ts';
import { BySource } from './balance-source.ts';
import type { PoolEvent } from './pool-event.ts';
import { nextTargets, type PoolTarget } from './pool-target.ts';
import {
  afterCheck,
  afterDial,
  afterGivingUp,
  afterPick,
  afterUpdate,
  inHealth,
  isReady,
  type TargetHealth,
} from './target-health.ts';

export type { PoolEvent } from './pool-event.ts';
export type { PoolTarget } from './pool-target.ts';

/** What came of an active check; `why` is for people. */
export type CheckOutcome = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Why a target may not have one more session, by the limits of sessions and dials. */
type TargetRefusal = 'target sessions' | 'no answer' | 'dials';

/**
 * Dials in a row that must fail until a target is passed over, where the configuration sets no `health.fall`.
 */
const defaultFall = 3;

const balances: Readonly<Record<PlannedPool['balance'], () => Balance>> = {
  roundrobin: () => new RoundRobin(),
  leastconn: () => new LeastConnections(),
  source: () => new BySource([]),
};

interface PoolOptions extends PoolTimes {
  readonly onEvent?: ((event: PoolEvent) => void) | undefined;
  /** Why a target may not have one more session. */
  readonly refuses?: ((target: PoolTarget, now: number) => TargetRefusal | undefined) | undefined;
  /** Whether the operator has taken a target out (`TakenOut`). */
  readonly isOut?: ((target: PoolTarget) => boolean) | undefined;
}

interface PoolTimes {
  /**
   * Milliseconds for which a trial keeps other sessions away, at least as long as a session may dial; 10 s where it is
   * left out, as long as with default time-outs (`dialTotal`).
   */
  readonly trialTime?: number | undefined;
}

/**
 * The targets of a listener at run time, with balancing and health. It is named, and outlives a plan. All times are
 * milliseconds of one clock that never goes back (performance.now()).
 *
 * `balance` picks from the first of these groups that has a target for the session. A target that the session has
 * tried, that is full, or that checks or the operator have put out is in none of them:
 *
 *     primary targets that are ready, backup targets that are ready, primary targets passed over, backup ones
 *
 * So passive health empties no pool. Where all targets are passed over, `balance` decides, and not which pause ends
 * first: tries spread over all of them, which finds one that is up again soon, and does not rush it.
 */
export class Pool {
  private plan: PlannedPool;
  private all: readonly PoolTarget[] = [];
  /** Targets that another plan has removed, and that had sessions then. */
  private removed: readonly PoolTarget[] = [];
  /** The target of a pool that has only one, and no checks: there is nothing to choose. Most pools are such. */
  private lone: PoolTarget | null = null;
  private balance: Balance;
  private fall = defaultFall;
  private trialTime = 0;
  private readonly onEvent: (event: PoolEvent) => void;
  private readonly refuses: (target: PoolTarget, now: number) => TargetRefusal | undefined;
  private readonly isOut: (target: PoolTarget) => boolean;

  constructor(planned: PlannedPool, options: PoolOptions = {}) {
    this.plan = planned;
    this.balance = balances[planned.balance]();
    this.onEvent = options.onEvent ?? (() => {});
    this.refuses = options.refuses ?? (() => undefined);
    this.isOut = options.isOut ?? (() => false);
    this.become(planned, options);
  }

  get name(): string {
    return this.plan.name;
  }

  get planned(): PlannedPool {
    return this.plan;
  }

  /** In the order of the plan. */
  get targets(): readonly PoolTarget[] {
    return this.all;
  }

  /** Whether sessions are with one of its targets, or with one that a plan has removed. */
  get inUse(): boolean {
    return [...this.all, ...this.removed].some(({ sessions }) => sessions > 0);
  }

  /**
   * Takes the pool of another plan, which has the same name. Targets of the same name keep their sessions and health. A
   * target that is removed keeps the sessions that it has, until `leave`; when it comes back meanwhile, they count.
   */
  update(planned: PlannedPool, times: PoolTimes = {}): void {
    const before = this.emptiness();
    if (planned.balance !== this.plan.balance) this.balance = balances[planned.balance]();
    this.become(planned, times);
    const causes: ('checks' | 'dials')[] = planned.health === undefined ? [] : ['checks'];
    if (this.all.length > 1) causes.push('dials');
    for (const target of this.all) {
      const { health } = target;
      this.setHealth(target, afterUpdate(health, causes), health.state === 'down' ? 'checks' : 'dials', '');
    }
    this.reportEmptiness(before);
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
      if (tried.includes(lone) || this.isOut(lone)) return 'no target';
      return this.refuses(lone, now) ?? lone;
    }

    const left = this.all.filter(
      (target) => target.health.state !== 'down' && !this.isOut(target) && !tried.includes(target),
    );
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
    const { health } = this.plan;
    if (health === undefined) return;
    const next = afterCheck(target.health, outcome.ok ? 'succeeded' : 'failed', health);
    this.take(target, next, 'checks', outcome.ok ? '' : outcome.why);
  }

  private dialed(target: PoolTarget, outcome: 'succeeded' | 'failed', now: number, why: string): void {
    // There is no other target to go to, so that checks alone decide whether to dial it.
    if (this.all.length === 1) return;
    this.take(target, afterDial(target.health, outcome, now, this.fall), 'dials', why);
  }

  private become(planned: PlannedPool, { trialTime = 10_000 }: PoolTimes): void {
    for (const target of this.removed) target.health = inHealth;
    const known = [...this.all, ...this.removed];
    this.plan = planned;
    this.all = nextTargets(planned.targets, known);
    this.removed = known.filter((target) => target.sessions > 0 && !this.all.includes(target));
    const [first = null, second] = this.all;
    this.lone = second === undefined && planned.health === undefined ? first : null;
    this.balance.update(this.all);
    this.trialTime = trialTime;
    this.fall = planned.health?.fall ?? defaultFall;
  }

  private take(target: PoolTarget, next: TargetHealth, cause: 'dials' | 'checks', why: string): void {
    // The plan may have removed the target while it was dialed or checked.
    if (next === target.health || !this.all.includes(target)) return;
    const before = this.emptiness();
    this.setHealth(target, next, cause, why);
    this.reportEmptiness(before);
  }

  private setHealth(target: PoolTarget, next: TargetHealth, cause: 'dials' | 'checks', why: string): void {
    const before = target.health;
    target.health = next;
    const about = { pool: this.name, target: target.name, cause };
    if (before.state === 'in' && next.state !== 'in') this.onEvent({ kind: 'target out', ...about, why });
    if (before.state !== 'in' && next.state === 'in') this.onEvent({ kind: 'target in', ...about });
  }

  private reportEmptiness(before: 'empty' | 'has targets'): void {
    const now = this.emptiness();
    if (now === before) return;
    this.onEvent({ kind: now === 'empty' ? 'pool empty' : 'pool has targets again', pool: this.name });
  }

  private emptiness(): 'empty' | 'has targets' {
    return this.all.every(({ health }) => health.state === 'down') ? 'empty' : 'has targets';
  }
}

/** The primary ones among them, or all where there is none. */
function primaryFirst(targets: readonly PoolTarget[]): readonly PoolTarget[] {
  const primary = targets.filter(({ planned }) => planned.tier === 'primary');
  return primary.length > 0 ? primary : targets;
}
