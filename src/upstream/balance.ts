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
}
