import type { Balance } from './balance.ts';
import type { PoolTarget } from './pool-target.ts';

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
}
