import { type Ip, parseIp } from './ip.ts';

/**
 * Networks of both families to look addresses up in, by halves and without an allocation: this is asked about each
 * client. Networks may overlap.
 */
export class AddressRanges {
  private readonly ipv4Firsts: readonly number[];
  private readonly ipv4Lasts: readonly number[];
  private readonly ipv6Firsts: readonly bigint[];
  private readonly ipv6Lasts: readonly bigint[];

  /** Networks as `10.9.0.0/16`, or addresses, which are networks of one. What is neither is left out. */
  constructor(networks: readonly string[]) {
    const ipv4: [number, number][] = [];
    const ipv6: [bigint, bigint][] = [];
    for (const network of networks) {
      const [address = '', digits] = network.split('/');
      const ip = parseIp(address);
      if (typeof ip === 'number') {
        const size = 2 ** (32 - (digits === undefined ? 32 : Number(digits)));
        const first = ip - (ip % size);
        ipv4.push([first, first + size - 1]);
      } else if (ip !== undefined) {
        const free = BigInt(128 - (digits === undefined ? 128 : Number(digits)));
        const first = (ip >> free) << free;
        ipv6.push([first, first + (1n << free) - 1n]);
      }
    }
    const [v4, v6] = [merged(ipv4), merged(ipv6)];
    this.ipv4Firsts = v4.map(([first]) => first);
    this.ipv4Lasts = v4.map(([, last]) => last);
    this.ipv6Firsts = v6.map(([first]) => first);
    this.ipv6Lasts = v6.map(([, last]) => last);
  }

  has(ip: Ip): boolean {
    return typeof ip === 'number' ? this.hasIpv4(ip) : this.hasIpv6(ip);
  }

  // The same search twice: V8 compares numbers and bigints in one function by its slow general way.

  private hasIpv4(ip: number): boolean {
    let [low, high] = [0, this.ipv4Firsts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ipv4Firsts[middle] ?? 0) <= ip) low = middle + 1;
      else high = middle;
    }
    return low > 0 && ip <= (this.ipv4Lasts[low - 1] ?? 0);
  }

  private hasIpv6(ip: bigint): boolean {
    let [low, high] = [0, this.ipv6Firsts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ipv6Firsts[middle] ?? 0n) <= ip) low = middle + 1;
      else high = middle;
    }
    return low > 0 && ip <= (this.ipv6Lasts[low - 1] ?? 0n);
  }
}

/** Sorted, and of two that overlap one is made. */
function merged<Value extends Ip>(ranges: readonly [Value, Value][]): readonly [Value, Value][] {
  const disjoint: [Value, Value][] = [];
  for (const range of [...ranges].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const before = disjoint.at(-1);
    if (before === undefined || range[0] > before[1]) disjoint.push([range[0], range[1]]);
    else if (range[1] > before[1]) before[1] = range[1];
  }
  return disjoint;
}
