import { randomInt } from 'node:crypto';
import type { Ip } from '../base/ip.ts';
import type { Recent } from './recency-list.ts';
import { TokenBucket } from './token-bucket.ts';

/** What is known of one source: it has sessions, or is idle and still owes tokens. */
export class Source implements Recent<Source> {
  // The prefix that makes it a source, as four signed 32-bit words.
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
  readonly hash: number;
  /** The next one in its bucket of the index. */
  next: Source | undefined = undefined;
  sessions = 0;
  /** See TokenBucket. */
  fullAt = TokenBucket.untouched;
  /** Neighbours in the list of idle sources. */
  older: Source | undefined = undefined;
  newer: Source | undefined = undefined;

  constructor(words: Int32Array, hash: number) {
    [this.word0 = 0, this.word1 = 0, this.word2 = 0, this.word3 = 0] = words;
    this.hash = hash;
  }
}

const fewestBuckets = 1024;

/**
 * Sources by the address of a client: a hash table with chains. In a Map an IPv6 source would be a bigint, which V8 is slow
 * to hash and compare (1.0 us a look-up among 100,000 sources, here 0.6), and hashes by its lowest 64 bits and a function
 * that anyone can compute: who owns a large IPv6 network could pick sources that all fall into one bucket (seen: 146 us
 * for each of 20,000). Here the hash goes by a secret, another one in each index.
 */
export class SourceIndex {
  /** How many sources are in it. */
  size = 0;
  private buckets = emptyBuckets(fewestBuckets);
  private readonly secret = randomInt(2 ** 32) | 0;
  private readonly ipv4Mask: number;
  private readonly ipv6Masks: Int32Array;
  /** The address looked up last, its hash, and what was found: who is checked mostly enters next. */
  private lastIp: Ip | undefined = undefined;
  private lastHash = 0;
  private lastFound: Source | undefined = undefined;
  private readonly words = new Int32Array(4);
  private readonly halves = new BigInt64Array(this.words.buffer);

  /** Prefix lengths: 0 to 32, and 0 to 128. */
  constructor({ ipv4Prefix, ipv6Prefix }: { readonly ipv4Prefix: number; readonly ipv6Prefix: number }) {
    this.ipv4Mask = maskOf(ipv4Prefix);
    const masks = new BigInt64Array(2);
    const mask = ((1n << BigInt(ipv6Prefix)) - 1n) << BigInt(128 - ipv6Prefix);
    masks[0] = BigInt.asIntN(64, mask);
    masks[1] = BigInt.asIntN(64, mask >> 64n);
    this.ipv6Masks = new Int32Array(masks.buffer);
  }

  find(ip: Ip): Source | undefined {
    if (ip === this.lastIp) return this.lastFound;
    this.lastIp = ip;
    this.lastHash = this.read(ip);
    const [word0, word1, word2, word3] = [this.words[0], this.words[1], this.words[2], this.words[3]];
    let source = this.buckets[this.lastHash & (this.buckets.length - 1)];
    while (
      source !== undefined &&
      (source.word0 !== word0 || source.word1 !== word1 || source.word2 !== word2 || source.word3 !== word3)
    )
      source = source.next;
    this.lastFound = source;
    return source;
  }

  /** The one that is there, or a new one. */
  findOrAdd(ip: Ip): Source {
    const found = this.find(ip);
    if (found !== undefined) return found;
    const source = new Source(this.words, this.lastHash);
    this.size += 1;
    this.lastFound = source;
    if (this.size > this.buckets.length) this.resize(2 * this.buckets.length);
    this.chain(source);
    return source;
  }

  /** The source must be in this index. */
  delete(source: Source): void {
    const at = source.hash & (this.buckets.length - 1);
    let before = this.buckets[at];
    if (before === source) this.buckets[at] = source.next;
    else {
      while (before !== undefined && before.next !== source) before = before.next;
      if (before !== undefined) before.next = source.next;
    }
    source.next = undefined;
    this.size -= 1;
    this.lastIp = undefined;
    this.lastFound = undefined;
    if (8 * this.size < this.buckets.length && this.buckets.length > fewestBuckets)
      this.resize(this.buckets.length / 2);
  }

  private chain(source: Source): void {
    const at = source.hash & (this.buckets.length - 1);
    source.next = this.buckets[at];
    this.buckets[at] = source;
  }

  private resize(length: number): void {
    const before = this.buckets;
    this.buckets = emptyBuckets(length);
    for (const first of before) {
      let source = first;
      while (source !== undefined) {
        const { next } = source;
        this.chain(source);
        source = next;
      }
    }
  }

  /** Puts the words of the address's prefix in place, and gives their hash. IPv4 as IPv4-mapped, as no IPv6 peer looks. */
  private read(ip: Ip): number {
    const { words, halves, ipv6Masks } = this;
    if (typeof ip === 'number') {
      words[0] = ip & this.ipv4Mask;
      words[1] = 0xffff;
      words[2] = 0;
      words[3] = 0;
    } else {
      // Takes the lowest 64 bits of what is written, and allocates nothing for it.
      halves[0] = ip;
      halves[1] = ip >> 64n;
      for (let at = 0; at < 4; at += 1) words[at] = (words[at] ?? 0) & (ipv6Masks[at] ?? 0);
    }
    let hash = this.secret;
    for (let at = 0; at < 4; at += 1) hash = mix(hash ^ (words[at] ?? 0));
    return hash;
  }
}

/** The finalizer of MurmurHash3: each bit of what goes in changes half of those that come out. */
function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return mixed ^ (mixed >>> 16);
}

function emptyBuckets(length: number): (Source | undefined)[] {
  return new Array<Source | undefined>(length).fill(undefined);
}

/** A shift by 32 would be one by 0. */
function maskOf(prefix: number): number {
  return prefix === 0 ? 0 : -1 << (32 - prefix);
}
