import { type Ip, parseIp } from './ip.ts';
import { noNetwork, readIpv4Network } from './ipv4-network.ts';

/** First and last address of a range of IPv6, both in it. */
interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Addresses by lists of CIDR, IPv4 and IPv6, kept as sorted disjoint ranges: a lookup is a binary search. An empty list
 * has no address. The families are apart: `::/0` is all of IPv6 and no IPv4, though the IPv4-mapped block lies in it;
 * `::ffff:0:0/96` and longer ones mean IPv4, and nothing shorter does.
 */
export class IpSet {
  /** How many disjoint ranges are left of the CIDRs; 0 means that no address is in the set. */
  readonly size: number;
  /** Whether every address of both families is in the set. */
  readonly hasAll: boolean;
  private cidrs: readonly string[];
  private readonly ipv4Firsts: Uint32Array;
  private readonly ipv4Lasts: Uint32Array;
  private readonly ipv6Firsts: readonly bigint[];
  private readonly ipv6Lasts: readonly bigint[];

  /**
   * The set of a list, made once where that is frozen: services share the global lists, which may be very long.
   *
   * @param before it is the set where its list says the same
   */
  static of(cidrs: readonly string[], before?: IpSet): IpSet {
    const known = made.get(cidrs);
    if (known !== undefined) return known;
    const set = before?.isOf(cidrs) ? before : new IpSet(cidrs);
    if (Object.isFrozen(cidrs)) made.set(cidrs, set);
    return set;
  }

  /** Validated CIDRs; a bare address is a range of one. Host bits are ignored. Throws on what is no CIDR. */
  constructor(cidrs: readonly string[]) {
    this.cidrs = cidrs;
    // By their first address, wide before narrow: see `readIpv4Network`.
    const ipv4 = new Float64Array(cidrs.length);
    const ipv6: Range[] = [];
    let count = 0;
    for (const cidr of cidrs) {
      const plain = readIpv4Network(cidr);
      const network = plain === noNetwork ? networkOf(cidr) : plain;
      if (typeof network === 'object') ipv6.push(network);
      else ipv4[count++] = network;
    }
    const [firsts, lasts] = disjointIpv4(ipv4.subarray(0, count).sort());
    const ranges = disjoint(ipv6);
    this.size = firsts.length + ranges.length;
    this.hasAll = firsts.length === 1 && firsts[0] === 0 && lasts[0] === 0xffff_ffff && isWhole(ranges);
    this.ipv4Firsts = firsts;
    this.ipv4Lasts = lasts;
    this.ipv6Firsts = ranges.map(({ first }) => first);
    this.ipv6Lasts = ranges.map(({ last }) => last);
  }

  has(ip: Ip): boolean {
    return typeof ip === 'number' ? this.hasIpv4(ip) : this.hasIpv6(ip);
  }

  private isOf(cidrs: readonly string[]): boolean {
    if (cidrs.length !== this.cidrs.length || cidrs.some((cidr, index) => cidr !== this.cidrs[index])) return false;
    // The older one of two equal lists need not stay in memory.
    this.cidrs = cidrs;
    return true;
  }

  // Twice the same search: in one function for both, V8 would compare numbers and bigints by its slow general way.

  private hasIpv4(ip: number): boolean {
    const firsts = this.ipv4Firsts;
    let low = 0;
    let high = firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((firsts[middle] ?? 0) <= ip) low = middle + 1;
      else high = middle;
    }
    return low > 0 && ip <= (this.ipv4Lasts[low - 1] ?? 0);
  }

  private hasIpv6(ip: bigint): boolean {
    const firsts = this.ipv6Firsts;
    let low = 0;
    let high = firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((firsts[middle] ?? 0n) <= ip) low = middle + 1;
      else high = middle;
    }
    return low > 0 && ip <= (this.ipv6Lasts[low - 1] ?? 0n);
  }
}

const made = new WeakMap<readonly string[], IpSet>();

/** An IPv4 network as `readIpv4Network` gives it, or a range of IPv6. */
function networkOf(cidr: string): number | Range {
  const [address = '', digits] = cidr.split('/');
  const ip = parseIp(address);
  const written = address.includes(':') ? 128 : 32;
  const prefix = digits === undefined ? written : Number(digits);
  if (ip === undefined || !(prefix >= 0 && prefix <= written))
    throw new Error(`Cannot read CIDR: current value is "${cidr}"; write it like 10.0.0.0/8 or 2001:db8::/32`);
  if (typeof ip === 'bigint') return range(ip, prefix);
  if (written === 32) return ipv4Network(ip, prefix);
  // IPv4-mapped: read as IPv4, unless the prefix is too short for that.
  return prefix >= 96 ? ipv4Network(ip, prefix - 96) : range((0xffffn << 32n) | BigInt(ip), prefix);
}

function ipv4Network(ip: number, prefix: number): number {
  return (ip - (ip % 2 ** (32 - prefix))) * 64 + prefix;
}

function range(ip: bigint, prefix: number): Range {
  const free = BigInt(128 - prefix);
  const first = (ip >> free) << free;
  return { first, last: first + (1n << free) - 1n };
}

/** In place of the last address of the range before the first one: no range touches it. */
const beforeAll = -2;

/** First and last addresses of sorted networks, with those that overlap or touch made one. */
function disjointIpv4(networks: Float64Array): [Uint32Array, Uint32Array] {
  const firsts = new Uint32Array(networks.length);
  const lasts = new Uint32Array(networks.length);
  let count = 0;
  let before = beforeAll;
  for (const network of networks) {
    const prefix = network % 64;
    const first = (network - prefix) / 64;
    const last = first + 2 ** (32 - prefix) - 1;
    if (first > before + 1) firsts[count++] = first;
    if (last > before) before = last;
    lasts[count - 1] = before;
  }
  return [firsts.slice(0, count), lasts.slice(0, count)];
}

/** Sorted, with those that overlap or touch made one. */
function disjoint(ranges: readonly Range[]): Range[] {
  const sorted = [...ranges].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const merged: Range[] = [];
  for (const { first, last } of sorted) {
    const before = merged.at(-1);
    if (before === undefined || first > before.last + 1n) merged.push({ first, last });
    else if (last > before.last) merged[merged.length - 1] = { first: before.first, last };
  }
  return merged;
}

function isWhole([only]: readonly Range[]): boolean {
  return only !== undefined && only.first === 0n && only.last === (1n << 128n) - 1n;
}
