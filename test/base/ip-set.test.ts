import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { formatIp, type Ip, parseIp } from '../../src/base/ip.ts';
import { IpSet } from '../../src/base/ip-set.ts';

const everything = ['0.0.0.0/0', '::/0'];

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

test.each<[readonly string[], string, boolean]>([
  [[], '10.0.0.1', false],
  [[], '::1', false],
  [['10.0.0.0/8'], '10.255.255.255', true],
  [['10.0.0.0/8'], '11.0.0.0', false],
  [['10.0.0.0/8'], '9.255.255.255', false],
  [['192.0.2.7'], '192.0.2.7', true],
  [['192.0.2.7'], '192.0.2.8', false],
  [['192.0.2.7/32'], '192.0.2.6', false],
  [['0.0.0.0/0'], '255.255.255.255', true],
  [['0.0.0.0/0'], '0.0.0.0', true],
  [['2001:db8::/32'], '2001:db8:ffff::1', true],
  [['2001:db8::/32'], '2001:db9::', false],
  [['2001:db8::1'], '2001:db8::1', true],
  [['2001:db8::1/128'], '2001:db8::2', false],
  [['0.0.0.0/0'], '::1', false],
  [['::/0'], 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
  [['::/0'], '::', true],
  // A mapped peer is IPv4, and the families are apart.
  [['::/0'], '::ffff:10.0.0.1', false],
  [['::ffff:0:0/95'], '::ffff:10.0.0.1', false],
  [['::ffff:0:0/95'], '::fffe:10.0.0.1', true],
  [['::ffff:0:0/96'], '10.0.0.1', true],
  [['::ffff:0:0/96'], '::1', false],
  [['::ffff:10.0.0.0/104'], '10.1.2.3', true],
  [['::ffff:10.0.0.0/104'], '11.1.2.3', false],
  [['::ffff:10.0.0.5'], '10.0.0.5', true],
  [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
  [['10.1.2.3/8'], '10.200.0.0', true],
  [['fe80::1%eth0'], 'fe80::1', true],
])('%j has %s: %s', (cidrs, address, expected) => {
  expect(new IpSet(cidrs).has(ip(address))).toBe(expected);
});

test.each<[readonly string[], number]>([
  [[], 0],
  [['10.0.0.0/9', '10.128.0.0/9', '10.5.0.0/16'], 1],
  [['10.0.0.0/8', '12.0.0.0/8'], 2],
  [['255.255.255.255', '0.0.0.0'], 2],
  [['10.0.0.0/8', '::ffff:10.0.0.0/104', '::/1', '8000::/1'], 2],
])('%j: %i ranges', (cidrs, size) => {
  expect(new IpSet(cidrs).size).toBe(size);
});

test.each<[readonly string[], boolean]>([
  [everything, true],
  [['128.0.0.0/1', '8000::/1', '0.0.0.0/1', '::/1'], true],
  [['0.0.0.0/0'], false],
  [['::/0'], false],
  [['0.0.0.0/1', '::/0'], false],
  [[], false],
])('%j is everything: %s', (cidrs, all) => {
  expect(new IpSet(cidrs).hasAll).toBe(all);
});

test.each(['', 'localhost', '10.0.0.0/33', '10.0.0.0/x', '::/129', '10.0.0.0/-1'])('refuses %j', (cidr) => {
  expect(() => new IpSet([cidr])).toThrow(`current value is "${cidr}"`);
});

describe('beside a check of one CIDR after the other', () => {
  interface Network {
    readonly family: 4 | 6 | 'mapped';
    readonly value: bigint;
    readonly prefix: number;
  }

  const bitsOf = (family: Network['family']): number => (family === 6 ? 128 : 32);
  /** Close to each other at either end of the family, so that networks touch and contain each other. */
  const value = (bits: number): fc.Arbitrary<bigint> =>
    fc
      .tuple(
        fc.constantFrom(0n, 1n << BigInt(bits - 1), (1n << BigInt(bits)) - 1n),
        fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
        fc.integer({ min: 0, max: bits }),
      )
      .map(([end, random, shift]) => end ^ (random >> BigInt(shift)));
  const isMapped = (one: bigint): boolean => one >> 32n === 0xffffn;
  const network: fc.Arbitrary<Network> = fc.constantFrom<Network['family']>(4, 6, 'mapped').chain((family) =>
    fc.record({
      family: fc.constant(family),
      value: value(bitsOf(family)),
      prefix: fc.integer({ min: 0, max: bitsOf(family) }),
    }),
  );
  const text = ({ family, value: base, prefix }: Network): string => {
    if (family === 6) return isMapped(base) ? '::/128' : `${formatIp(base)}/${prefix}`;
    const dotted = formatIp(Number(base));
    return family === 4 ? `${dotted}/${prefix}` : `::ffff:${dotted}/${prefix + 96}`;
  };
  const naive = (networks: readonly Network[], address: Ip): boolean =>
    networks.some(({ family, value: base, prefix }) => {
      if ((family === 6) !== (typeof address === 'bigint')) return false;
      if (family === 6 && isMapped(base)) return address === 0n;
      const shift = BigInt(bitsOf(family) - prefix);
      return BigInt(address) >> shift === base >> shift;
    });
  const networks = fc.array(network, { maxLength: 60, size: 'max' });
  /** Networks, and addresses of which many are at their edges. */
  const cases = networks.chain((list) => {
    const anywhere: fc.Arbitrary<Ip> = fc.oneof(
      value(32).map(Number),
      value(128).filter((one) => !isMapped(one)),
    );
    const edges = list.flatMap(({ family, value: base, prefix }): Ip[] => {
      const bits = bitsOf(family);
      const shift = BigInt(bits - prefix);
      const first = (base >> shift) << shift;
      const last = first + (1n << shift) - 1n;
      return [first - 1n, first, last, last + 1n]
        .filter((one) => one >= 0n && one < 1n << BigInt(bits) && !(family === 6 && isMapped(one)))
        .map((one) => (family === 6 ? one : Number(one)));
    });
    const address = edges.length === 0 ? anywhere : fc.oneof(anywhere, fc.constantFrom(...edges));
    return fc.record({ list: fc.constant(list), addresses: fc.array(address, { minLength: 20, maxLength: 60 }) });
  });

  it('has the same addresses', () => {
    fc.assert(
      fc.property(cases, ({ list, addresses }) => {
        const set = new IpSet(list.map(text));
        const wrong = addresses.filter((address) => set.has(address) !== naive(list, address));
        expect(wrong.map(formatIp)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the set of a list', () => {
  const list = (...cidrs: string[]) => Object.freeze(cidrs);

  it('is made once, and again only where a later list says something else', () => {
    const one = list('10.0.0.0/8', '192.0.2.7');
    const before = IpSet.of(one);
    const again = list(...one);
    expect(IpSet.of(one)).toBe(before);
    expect(IpSet.of(again, before)).toBe(before);
    // Other services have the same new list.
    expect(IpSet.of(again, IpSet.of(list('10.0.0.0/8')))).toBe(before);
    expect(IpSet.of([...one], before)).toBe(before);
    for (const other of [list('10.0.0.0/8'), list('10.0.0.0/8', '192.0.2.8')])
      expect(IpSet.of(other, before).has(0xc000_0207)).toBe(false);
  });
});
