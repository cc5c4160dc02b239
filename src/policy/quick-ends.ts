import type { Ip } from '../base/ip.ts';
import { isLoopback } from '../base/special-addresses.ts';
import { SourceTable } from './source-table.ts';

/** Milliseconds: a session that lasted longer is no quick one. */
const quick = 1_000;

/**
 * Finds loops whose clients come back under another address, as behind a router that does hairpin NAT and shows its
 * own: for `LoopLimit` those are ordinary clients. Once the first client of such a chain has reset, the chain is reset
 * from its beginning as fast as it grows: it stays short, reaches no limit of sessions, and would go round for ever.
 *
 * Such sessions of one address are relayed, end within a second, and get no byte from their target. An address with too
 * many of them a second is denied, which ends the chain. There is one for each service or forward, but it counts only
 * where a target port is one on which this gateway listens, too. Others cannot lead back by NAT that keeps the port,
 * and a balancer may check them hundreds of times a second. Clients on loopback are exempt, as in `LoopLimit`. Times
 * are monotonic milliseconds.
 */
export class QuickEnds {
  private most: number | undefined;
  private readonly isExempt: (ip: Ip) => boolean;
  /** Made with the first quick end: most services and forwards never have one. */
  private table: SourceTable | null = null;

  /** @param most quick ends of one address a second; `undefined`: unlimited, and nothing is counted */
  constructor(most: number | undefined, isExempt: (ip: Ip) => boolean = isLoopback) {
    this.most = most;
    this.isExempt = isExempt;
  }

  /** As the constructor's; with another `most` the counts of the last second are forgotten. */
  update(most: number | undefined): void {
    if (most !== this.most) this.table = null;
    this.most = most;
  }

  /** Whether a client from this address may be part of a loop. */
  areTooMany(client: Ip, now: number): boolean {
    return this.table?.check(client, now) !== undefined;
  }

  /** A session was relayed and ended without a byte from its target, `age` milliseconds after accept. */
  ended(client: Ip, age: number, now: number): void {
    const { most } = this;
    // An address that has too many already counts no more, so that it is denied for a moment only.
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
