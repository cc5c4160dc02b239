import type { Balance } from './balance.ts';
import { RoundRobin } from './balance-round-robin.ts';
import type { PoolTarget } from './pool-target.ts';

/** The target with the fewest sessions for its weight; those that are level take turns. */
export class LeastConnections implements Balance {
  private readonly turns = new RoundRobin();

  pick(candidates: readonly PoolTarget[]): PoolTarget | undefined {
    let level: PoolTarget[] = [];
    for (const target of candidates) {
      const [least] = level;
      const difference = least === undefined ? 0 : loadDifference(target, least);
      if (difference < 0) level = [target];
      else if (difference === 0) level.push(target);
    }
    return this.turns.pick(level);
  }
}

/** The sign of sessions/weight of one less that of the other, in whole numbers so that equal ones are equal. */
function loadDifference(one: PoolTarget, other: PoolTarget): number {
  return one.sessions * other.planned.weight - other.sessions * one.planned.weight;
}
