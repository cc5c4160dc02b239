import { type Ip, parseIp } from '../base/ip.ts';

/** First and last address of a range, both in it. */
interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

interface FamilyRange extends Range {
  readonly bits: 32 | 128;
}

/**
 * Addresses by lists of CIDR, IPv4 and IPv6, kept as sorted disjoint ranges: looking one up is a binary search, whatever
 * the number of CIDRs. An empty list has no address. The families are apart: `::/0` is all of IPv6 and no IPv4, though
 * the IPv4-mapped block lies in it; `::ffff:0:0/96` and longer ones mean IPv4, and nothing shorter does.
 */
export class IpSet {
  /** How many disjoint ranges are left of the CIDRs; 0 means that no address is in the set. */
  readonly size: number;
  /** Whether every address of both families is in the set. */
  readonly hasAll: boolean;
  private readonly ipv4Firsts: Uint32Array;
  private readonly ipv4Lasts: Uint32Array;
  private readonly ipv6Firsts: readonly bigint[];
  private readonly ipv6Lasts: readonly bigint[];

  /** Validated CIDRs; a bare address is a range of one. Host bits are ignored. Throws on what is no CIDR. */
  constructor(cidrs: readonly string[]) {
    const ranges = cidrs.map(rangeOf);
    const ipv4 = disjoint(ranges.filter(({ bits }) => bits === 32));
    const ipv6 = disjoint(ranges.filter(({ bits }) => bits === 128));
    this.size = ipv4.length + ipv6.length;
    this.hasAll = isWhole(ipv4, 32) && isWhole(ipv6, 128);
    this.ipv4Firsts = Uint32Array.from(ipv4, ({ first }) => Number(first));
    this.ipv4Lasts = Uint32Array.from(ipv4, ({ last }) => Number(last));
    this.ipv6Firsts = ipv6.map(({ first }) => first);
    this.ipv6Lasts = ipv6.map(({ last }) => last);
  }

  has(ip: Ip): boolean {
    return typeof ip === 'number' ? this.hasIpv4(ip) : this.hasIpv6(ip);
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

function rangeOf(cidr: string): FamilyRange {
  const [address = '', digits] = cidr.split('/');
  const ip = parseIp(address);
  const written = address.includes(':') ? 128 : 32;
  const prefix = digits === undefined ? written : Number(digits);
  if (ip === undefined || !(prefix >= 0 && prefix <= written))
    throw new Error(`Cannot read CIDR: current value is "${cidr}"; write it like 10.0.0.0/8 or 2001:db8::/32`);
  if (typeof ip === 'bigint') return range(ip, prefix, 128);
  if (written === 32) return range(BigInt(ip), prefix, 32);
  // IPv4-mapped: read as IPv4, unless the prefix is too short for that.
  return prefix >= 96 ? range(BigInt(ip), prefix - 96, 32) : range((0xffffn << 32n) | BigInt(ip), prefix, 128);
}

function range(ip: bigint, prefix: number, bits: 32 | 128): FamilyRange {
  const free = BigInt(bits - prefix);
  const first = (ip >> free) << free;
  return { bits, first, last: first + (1n << free) - 1n };
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

function isWhole([only]: readonly Range[], bits: 32 | 128): boolean {
  return only !== undefined && only.first === 0n && only.last === (1n << BigInt(bits)) - 1n;
}
