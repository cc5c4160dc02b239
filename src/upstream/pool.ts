import type { Ip } from '../base/ip.ts';
import type { PlannedPool } from '../plan/plan.ts';
import type { Balance } from './balance.ts';
import { LeastConnections } from './balance-least-connections.ts';
import { RoundRobin } from './balance-round-robin.ts';
import { BySource } from './balance-source.ts';
import type { PoolEvent } from './pool-event.ts';
import { createPoolTarget, type PoolTarget } from './pool-target.ts';
import { afterCheck, afterDial, afterGivingUp, afterPick, isReady, type TargetHealth } from './target-health.ts';

export type { PoolTarget } from './pool-target.ts';

/** What came of an active check; `why` is for people. */
export type CheckOutcome = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Why a target may not have one more session, by the limits of sessions and dials. */
type TargetRefusal = 'target sessions' | 'no answer' | 'dials';

/** Dials in a row that must fail until a target is passed over, where the configuration says nothing (`health.fall`). */
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
 * A session goes, by `balance`, to a target of the first of these groups that has one for it; one that it has tried,
 * that is full or that checks have put out is in none:
 *
 *     primary targets that are ready, backup targets that are ready, primary targets passed over, backup ones
 *
 * So passive health empties no pool. Where all are passed over, balance decides as ever, not whose pause ends first:
 * tries spread over all targets, so that whichever is up again is soon found, and is not met by everybody at once.
 */
export class Pool {
  readonly planned: PlannedPool;
  readonly targets: readonly PoolTarget[];
  /** The target of a pool that has one and no checks: no health, nothing to choose, and by far the most are such. */
  private readonly lone: PoolTarget | null;
  private readonly balance: Balance;
  private readonly fall: number;
  private readonly trialTime: number;
  private readonly onEvent: (event: PoolEvent) => void;
  private readonly refuses: (target: PoolTarget, now: number) => TargetRefusal | undefined;

  /**
   * @param options `refuses`: why a target may not have one more session; `trialTime`: how long a trial keeps others
   *   away, milliseconds: at least as long as a session may dial
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
   * trial from here on: the session tells what came of it, by `succeeded`, `failed` or `gaveUp`.
   *
   * @param tried the targets that this session has tried before
   * @returns where targets are left, but none may have a session more: why the first of them may not
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

  /** A session's dial of this target failed, for a reason that lies there. @param why for people */
  failed(target: PoolTarget, now: number, why: string): void {
    this.dialed(target, 'failed', now, why);
  }

  /**
   * A session that this target was picked for can say nothing of it: its client is gone, or this machine is out of what a
   * dial needs. Where that was a trial, the next session may have one.
   */
  gaveUp(target: PoolTarget, now: number): void {
    target.health = afterGivingUp(target.health, now);
  }

  /** An active check of this target came to its end. No effect in a pool without checks. */
  checked(target: PoolTarget, outcome: CheckOutcome): void {
    const { health } = this.planned;
    if (health === undefined) return;
    const next = afterCheck(target.health, outcome.ok ? 'succeeded' : 'failed', health);
    this.become(target, next, 'checks', outcome.ok ? '' : outcome.why);
  }

  private dialed(target: PoolTarget, outcome: 'succeeded' | 'failed', now: number, why: string): void {
    // With one target there is nowhere else to go: whether to dial it is for checks alone to say.
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
