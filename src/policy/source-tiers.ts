import type { Ip } from '../base/ip.ts';
import type { PlannedNetworkLimits, PlannedSourceLimits } from '../plan/plan.ts';
import type { Denial } from './denial.ts';
import type { FreshTables } from './fresh-tables.ts';
import { SourceTable, type SourceTableOptions } from './source-table.ts';

/**
 * The limits of sources in two tiers: a source by itself, and all sources of one IPv6 network together. A /48 holds
 * 65,536 sources of /64. IPv4 has no second tier: there an address costs money. `now` is in monotonic milliseconds.
 */
export class SourceTiers {
  private sources: SourceTable | undefined = undefined;
  private networks: SourceTable | undefined = undefined;
  private readonly options: SourceTableOptions | undefined;

  /** `undefined`: unlimited, and nothing is counted. */
  constructor(limits: PlannedSourceLimits | undefined, options?: SourceTableOptions) {
    this.options = options;
    this.update(limits, new Set(), 0);
  }

  /** Sources that are remembered now, networks aside. */
  get size(): number {
    return this.sources?.size ?? 0;
  }

  /** Those of them that have no session. */
  get idleSize(): number {
    return this.sources?.idleSize ?? 0;
  }

  /** Other limits from now on. Where a source is another prefix than before, its table is made anew. */
  update(limits: PlannedSourceLimits | undefined, fresh: FreshTables, now: number): void {
    const network = limits?.ipv6Network;
    this.sources = this.tableFor(this.sources, limits, fresh, now);
    this.networks = this.tableFor(this.networks, network && asSources(network), fresh, now);
  }

  /** Whether a session more is too many for its source or its network, and why. Takes nothing. */
  check(ip: Ip, now: number): Denial | undefined {
    const denial = this.sources?.check(ip, now);
    if (denial !== undefined || typeof ip === 'number') return denial;
    return this.networks?.check(ip, now);
  }

  /** To be called after a `check` that found nothing. */
  enter(ip: Ip, now: number): void {
    this.sources?.enter(ip, now);
    if (typeof ip !== 'number') this.networks?.enter(ip, now);
  }

  /** Counts a session that lives already in those tables that are `fresh`. */
  restore(ip: Ip, fresh: FreshTables): void {
    const { sources, networks } = this;
    if (sources !== undefined && fresh.has(sources)) sources.restore(ip);
    if (typeof ip !== 'number' && networks !== undefined && fresh.has(networks)) networks.restore(ip);
  }

  /** The counterpart of `enter`, once for each. */
  leave(ip: Ip, now: number): void {
    this.sources?.leave(ip, now);
    if (typeof ip !== 'number') this.networks?.leave(ip, now);
  }

  private tableFor(
    before: SourceTable | undefined,
    limits: PlannedSourceLimits | undefined,
    fresh: FreshTables,
    now: number,
  ): SourceTable | undefined {
    if (limits === undefined) return undefined;
    if (before?.counts(limits)) {
      before.update(limits, now);
      return before;
    }
    const table = new SourceTable(limits, this.options);
    fresh.add(table);
    return table;
  }
}

/** Of IPv6 alone: that of IPv4 is a prefix that never changes. */
function asSources({ prefix, ...limits }: PlannedNetworkLimits): PlannedSourceLimits {
  return { ...limits, ipv4Prefix: 32, ipv6Prefix: prefix };
}
