import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { formatIp, type Ip, ipv6FromBytes, parseIp } from '../../src/base/ip.ts';

const ipv4 = fc.integer({ min: 0, max: 0xffff_ffff });
const mappedBlock = 0xffffn << 32n;
/** Any, and many with runs of zeros, which are written in short. */
const ipv6 = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.integer({ min: 0, max: 0xffff })), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) => groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n))
  .filter((value) => value >> 32n !== 0xffffn);

/** The eight groups in full. */
function inFull(value: bigint): string {
  const digits = value.toString(16).padStart(32, '0');
  return (digits.match(/.{4}/g) ?? []).join(':');
}

function bytesOf(value: bigint): number[] {
  return Array.from({ length: 16 }, (_, at) => Number((value >> BigInt(120 - 8 * at)) & 0xffn));
}

describe('reads', () => {
  test.each<[string, Ip]>([
    ['0.0.0.0', 0],
    ['10.0.0.5', 0x0a00_0005],
    ['192.0.2.7', 0xc000_0207],
    ['255.255.255.255', 0xffff_ffff],
    ['::', 0n],
    ['::1', 1n],
    ['1::', 1n << 112n],
    ['2001:db8::1', (0x2001_0db8n << 96n) | 1n],
    ['2001:DB8:0:0:0:0:0:1', (0x2001_0db8n << 96n) | 1n],
    ['fe80::1%eth0', (0xfe80n << 112n) | 1n],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', (1n << 128n) - 1n],
    ['64:ff9b::192.0.2.33', (0x64n << 112n) | (0xff9bn << 96n) | 0xc000_0221n],
    ['::192.0.2.33', 0xc000_0221n],
    ['::ffff:0:192.0.2.33', (0xffffn << 48n) | 0xc000_0221n],
    ['1:2:3:4:5:6:192.0.2.33', 0x0001_0002_0003_0004_0005_0006_c000_0221n],
    ['1:2:3:4:5:6:7::', 0x0001_0002_0003_0004_0005_0006_0007_0000n],
    ['::2:3:4:5:6:7:8', 0x0002_0003_0004_0005_0006_0007_0008n],
  ])('%s', (text, ip) => {
    expect(parseIp(text)).toBe(ip);
  });

  test.each(['::ffff:10.0.0.5', '::FFFF:a00:5', '0:0:0:0:0:ffff:10.0.0.5', '::ffff:10.0.0.5%eth0'])(
    'IPv4-mapped %s as IPv4',
    (text) => {
      expect(parseIp(text)).toBe(0x0a00_0005);
    },
  );

  test.each([
    '',
    'localhost',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.1 ',
    '10.0.0.1:80',
    '10.0.0.0/8',
    '[::1]',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '::fffff',
    '::ffff:10.0.0.256',
    '::/0',
  ])('%j as no address', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it('any spelling of an IPv6 address as its bytes', () => {
    fc.assert(
      fc.property(ipv6, (value) => {
        expect(ipv6FromBytes(bytesOf(value))).toBe(value);
        expect(parseIp(inFull(value))).toBe(value);
        expect(parseIp(new URL(`http://[${inFull(value)}]`).hostname.slice(1, -1))).toBe(value);
      }),
    );
  });

  it('every literal that Node takes for one', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        expect(parseIp(text)).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('mapped bytes as the IPv4 address in them', () => {
    fc.assert(
      fc.property(ipv4, (value) => {
        expect(ipv6FromBytes(bytesOf(mappedBlock | BigInt(value)))).toBe(value);
      }),
    );
  });
});

describe('writes', () => {
  test.each<[Ip, string]>([
    [0, '0.0.0.0'],
    [0xc000_0207, '192.0.2.7'],
    [0xffff_ffff, '255.255.255.255'],
    [0n, '::'],
    [1n, '::1'],
    // RFC 5952, 4.2: the longest run of zeros, the first of several, never a single one.
    [0x2001_0db8_0000_0000_0001_0000_0000_0001n, '2001:db8::1:0:0:1'],
    [0x2001_0000_0000_0001_0000_0000_0000_0001n, '2001:0:0:1::1'],
    [0x2001_0db8_0000_0001_0001_0001_0001_0001n, '2001:db8:0:1:1:1:1:1'],
    [0x0001_0000_0000_0000_0000_0000_0000_0000n, '1::'],
  ])('%s as %s', (ip, text) => {
    expect(formatIp(ip)).toBe(text);
  });

  it('IPv4 so that it reads the same again', () => {
    fc.assert(fc.property(ipv4, (value) => parseIp(formatIp(value)) === value));
  });

  it('IPv6 as the URL standard does, which is RFC 5952', () => {
    fc.assert(
      fc.property(ipv6, (value) => {
        expect(`[${formatIp(value)}]`).toBe(new URL(`http://[${inFull(value)}]`).hostname);
      }),
    );
  });
});
