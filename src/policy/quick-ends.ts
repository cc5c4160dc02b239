import type { Ip } from '../base/ip.ts';
import { isLoopback } from '../base/special-addresses.ts';
import { SourceTable } from './source-table.ts';

/** Milliseconds: a session that lasted longer is no quick one. */
const quick = 1_000;

/**
 * Finds loops in which clients come back under another address, as by a router that does hairpin NAT and shows its own:
 * `LoopLimit` takes those for clients of somebody else. Once the first client of such a chain has reset, the chain is eaten
 * from its beginning as fast as it grows: it stays short, reaches no limit of sessions, and would go round for ever.
 *
 * It shows in sessions of one address that are relayed, are over within a second, and have had no byte of their target:
 * an address with too many of them a second is denied, which ends the chain. One for each service or forward, and only
 * for those with a target port on which this gateway listens, too: all others cannot lead back by NAT that keeps the port,
 * and may be checked by a balancer hundreds of times a second. Clients on loopback are left out, as in `LoopLimit`. Times are monotonic milliseconds.
 */
export class QuickEnds {
  private readonly most: number | undefined;
  private readonly isExempt: (ip: Ip) => boolean;
  /** Not made before the first quick end: most services and forwards never have one. */
  private table: SourceTable | null = null;

  /** @param most quick ends of one address a second; `undefined`: unlimited, and nothing is counted */
  constructor(most: number | undefined, isExempt: (ip: Ip) => boolean = isLoopback) {
    this.most = most;
    this.isExempt = isExempt;
  }

  /** Whether a client from this address may be part of a loop. */
  areTooMany(client: Ip, now: number): boolean {
    return this.table?.check(client, now) !== undefined;
  }

  /** A session was relayed and ended without a byte of its target, `age` milliseconds after it came. */
  ended(client: Ip, age: number, now: number): void {
    const { most } = this;
    // What is too many already counts no more: an address is denied for a moment only.
    if (most === undefined || age > quick || this.isExempt(client) || this.areTooMany(client, now)) return;
    this.table ??= new SourceTable({
      rate: { sessions: most, per: 1_000, burst: most },
      ipv4Prefix: 32,
      ipv6Prefix: 128,
    });
    this.table.enter(client, now);
    this.table.leave(client, now);
  }
}
