import type { Ip } from '../base/ip.ts';
import type { PlannedSourceLimits } from '../plan/plan.ts';
import type { Denial } from './denial.ts';
import { SourceTable, type SourceTableOptions } from './source-table.ts';

/**
 * The limits of sources in two tiers: a source by itself, and all sources of one IPv6 network together. A /48 holds
 * 65,536 sources of /64. IPv4 has no second tier: there an address costs money. `now` is in monotonic milliseconds.
 */
export class SourceTiers {
  private readonly sources: SourceTable;
  private readonly networks: SourceTable | undefined;

  constructor(limits: PlannedSourceLimits, options?: SourceTableOptions) {
    const { ipv6Network, ipv4Prefix } = limits;
    this.sources = new SourceTable(limits, options);
    this.networks =
      ipv6Network && new SourceTable({ ...ipv6Network, ipv4Prefix, ipv6Prefix: ipv6Network.prefix }, options);
  }

  /** Sources that are remembered now, networks aside. */
  get size(): number {
    return this.sources.size;
  }

  /** Those of them that have no session. */
  get idleSize(): number {
    return this.sources.idleSize;
  }

  /** Whether a session more is too many for its source or its network, and why. Takes nothing. */
  check(ip: Ip, now: number): Denial | undefined {
    const denial = this.sources.check(ip, now);
    if (denial !== undefined || typeof ip === 'number') return denial;
    return this.networks?.check(ip, now);
  }

  /** To be called after a `check` that found nothing. */
  enter(ip: Ip, now: number): void {
    this.sources.enter(ip, now);
    if (typeof ip !== 'number') this.networks?.enter(ip, now);
  }

  /** The counterpart of `enter`, once for each. */
  leave(ip: Ip, now: number): void {
    this.sources.leave(ip, now);
    if (typeof ip !== 'number') this.networks?.leave(ip, now);
  }
}
