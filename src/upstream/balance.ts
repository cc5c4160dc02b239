import type { Ip } from '../base/ip.ts';
import type { PoolTarget } from './pool-target.ts';

/** A way to choose among the targets that a session may go to. */
export interface Balance {
  /**
   * @param candidates any of the pool's targets, in the pool's order
   * @param source the client's address, where it is known
   * @returns `undefined` only where there are no candidates
   */
  pick(candidates: readonly PoolTarget[], source: Ip | undefined): PoolTarget | undefined;
  /** The pool has other targets. */
  update(targets: readonly PoolTarget[]): void;
}

/**
 * Smooth weighted round robin, as nginx has it (ngx_http_upstream_round_robin.c): each pick gives every candidate its
 * weight as credit, the one with most is picked and pays what was given out. Weights 5, 1, 1 make a a b a c a a, rather
 * than a a a a a b c.
 */
export class RoundRobin implements Balance {
  private readonly credits = new Map<PoolTarget, number>();

  pick(candidates: readonly PoolTarget[]): PoolTarget | undefined {
    let picked: PoolTarget | undefined;
    let most = Number.NEGATIVE_INFINITY;
    let given = 0;
    for (const target of candidates) {
      const { weight } = target.planned;
      const credit = (this.credits.get(target) ?? 0) + weight;
      this.credits.set(target, credit);
      given += weight;
      if (credit <= most) continue;
      most = credit;
      picked = target;
    }
    if (picked !== undefined) this.credits.set(picked, most - given);
    return picked;
  }

  /**
   * Those that stay keep their credits, as far as these would come up by the present weights: what was owed beside a
   * target of weight 100 would be dozens of sessions in a row.
   */
  update(targets: readonly PoolTarget[]): void {
    const most = targets.reduce((sum, { planned }) => sum + planned.weight, 0);
    for (const [target, credit] of this.credits) {
      if (targets.includes(target)) this.credits.set(target, Math.max(-most, Math.min(most, credit)));
      else this.credits.delete(target);
    }
  }
}

/** The target with the fewest sessions for its weight; equal ones take turns. */
export class LeastConnections implements Balance {
  private readonly turns = new RoundRobin();

  pick(candidates: readonly PoolTarget[]): PoolTarget | undefined {
    let equal: PoolTarget[] = [];
    for (const target of candidates) {
      const [least] = equal;
      const difference = least === undefined ? 0 : loadDifference(target, least);
      if (difference < 0) equal = [target];
      else if (difference === 0) equal.push(target);
    }
    return this.turns.pick(equal);
  }

  update(targets: readonly PoolTarget[]): void {
    this.turns.update(targets);
  }
}

/** The sign of sessions/weight of one less that of the other, in whole numbers so that equal ones are equal. */
function loadDifference(one: PoolTarget, other: PoolTarget): number {
  return one.sessions * other.planned.weight - other.sessions * one.planned.weight;
}
