import type { Ip } from '../base/ip.ts';
import type { PlannedSourceLimits } from '../plan/plan.ts';
import type { Denial } from './denial.ts';
import { RecencyList, type Recent } from './recency-list.ts';
import { TokenBucket } from './token-bucket.ts';

export interface SourceTableOptions {
  /** Sources without a session that are remembered; 131,072 where it is left out. */
  readonly mostIdle?: number;
}

/** IPv4: the masked address; IPv6: the prefix in hexadecimal. */
type SourceKey = number | string;

/** What is known of one source: it has sessions, or is idle and still owes tokens. */
interface Source extends Recent<Source> {
  readonly key: SourceKey;
  sessions: number;
  /** See TokenBucket. */
  fullAt: number;
}

/**
 * Sessions at once and new sessions per time, per source. `now` is in monotonic milliseconds everywhere.
 *
 * **Memory.** A source with a session is never forgotten; the session limit bounds their number. A source without a
 * session is remembered while it owes tokens, but at most `mostIdle` of them are: beyond that, the one least recently
 * seen is forgotten and starts afresh, with a full bucket. There is no timer: a bucket that is full again is removed
 * when later sessions end, two for each, so that what a flood has left goes away with traffic.
 *
 * **What an attacker with many addresses can do.** A source is seen when it enters, when it leaves and when it is
 * denied for its rate. So it is forgotten early only after `mostIdle` other sources that owe tokens were seen after it:
 * a source that tries again and again stays remembered, and up to `mostIdle` sources win nothing. With more of them, by
 * turns, each has another burst every time; then the limits on sessions hold. Forgetting only ever lets in more.
 */
export class SourceTable {
  private bucket: TokenBucket;
  private mostSessions: number;
  private readonly mostIdle: number;
  private readonly ipv4Prefix: number;
  private readonly ipv6Prefix: number;
  private readonly ipv4Mask: number;
  private readonly ipv6HostBits: bigint;
  private readonly sources = new Map<SourceKey, Source>();
  private readonly idle = new RecencyList<Source>();

  constructor(limits: PlannedSourceLimits, { mostIdle = 131_072 }: SourceTableOptions = {}) {
    this.bucket = new TokenBucket(limits.rate);
    this.mostSessions = limits.sessions ?? Number.POSITIVE_INFINITY;
    this.mostIdle = mostIdle;
    this.ipv4Prefix = limits.ipv4Prefix;
    this.ipv6Prefix = limits.ipv6Prefix;
    // A shift by 32 would be one by 0.
    this.ipv4Mask = limits.ipv4Prefix === 0 ? 0 : -1 << (32 - limits.ipv4Prefix);
    this.ipv6HostBits = BigInt(128 - limits.ipv6Prefix);
  }

  /** Sources that are remembered now, with a session or without. */
  get size(): number {
    return this.sources.size;
  }

  /** Those of them that have no session. */
  get idleSize(): number {
    return this.idle.size;
  }

  /** Whether sources are the same by these limits, so that `update` can take them. */
  counts({ ipv4Prefix, ipv6Prefix }: PlannedSourceLimits): boolean {
    return ipv4Prefix === this.ipv4Prefix && ipv6Prefix === this.ipv6Prefix;
  }

  /** Other limits of the same sources, which keep their sessions, and owe as many tokens as before. */
  update(limits: PlannedSourceLimits, now: number): void {
    this.mostSessions = limits.sessions ?? Number.POSITIVE_INFINITY;
    const before = this.bucket;
    this.bucket = new TokenBucket(limits.rate);
    if (this.bucket.isLike(before)) return;
    for (const source of this.sources.values()) source.fullAt = this.bucket.convert(source.fullAt, before, now);
  }

  /** Whether a session more is too many for its source, and why. Takes nothing. */
  check(ip: Ip, now: number): Denial | undefined {
    const source = this.sources.get(this.keyOf(ip));
    if (source === undefined) return undefined;
    if (source.sessions >= this.mostSessions) return 'source sessions';
    if (this.bucket.hasToken(source.fullAt, now)) return undefined;
    if (source.sessions === 0) {
      this.idle.remove(source);
      this.idle.add(source);
    }
    return 'source rate';
  }

  /** Takes a token and counts a session in. To be called after a `check` that found nothing. */
  enter(ip: Ip, now: number): void {
    const source = this.count(ip);
    source.fullAt = this.bucket.take(source.fullAt, now);
  }

  /** Counts a session that lives already, in a table that was made anew: it takes no token. */
  restore(ip: Ip): void {
    this.count(ip);
  }

  /** The counterpart of `enter` and `restore`, once for each. */
  leave(ip: Ip, now: number): void {
    const source = this.sources.get(this.keyOf(ip));
    if (source === undefined || source.sessions === 0) return;
    source.sessions -= 1;
    if (source.sessions > 0) return;
    if (source.fullAt <= now) this.sources.delete(source.key);
    else this.idle.add(source);
    if (this.idle.size > this.mostIdle) this.forgetOldest(Number.POSITIVE_INFINITY);
    // More at once than one idle source can have come of this, so that what a flood left shrinks.
    this.forgetOldest(now);
    this.forgetOldest(now);
  }

  private count(ip: Ip): Source {
    const key = this.keyOf(ip);
    let source = this.sources.get(key);
    if (source === undefined) {
      source = { key, sessions: 0, fullAt: TokenBucket.untouched, older: undefined, newer: undefined };
      this.sources.set(key, source);
    } else if (source.sessions === 0) this.idle.remove(source);
    source.sessions += 1;
    return source;
  }

  /** Where it owes nothing any more at that time. */
  private forgetOldest(now: number): void {
    const { oldest } = this.idle;
    if (oldest === undefined || oldest.fullAt > now) return;
    this.idle.remove(oldest);
    this.sources.delete(oldest.key);
  }

  /**
   * V8 hashes a string by a secret of the process, but a bigint by its lowest 64 bits alone. The owner of a large IPv6
   * network could choose bigints that all share one bucket of the Map (146 us a look-up were seen).
   */
  private keyOf(ip: Ip): SourceKey {
    return typeof ip === 'number' ? ip & this.ipv4Mask : (ip >> this.ipv6HostBits).toString(16);
  }
}
