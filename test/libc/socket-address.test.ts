import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AF_INET, AF_INET6, SOCK_STREAM } from '../../src/libc/constants.ts';
import { loadLibc } from '../../src/libc/libc.ts';
import {
  familyOf,
  packIpv4,
  readSocketAddress,
  socketAddressSize,
  unpackIpv4,
  writeSocketAddress,
} from '../../src/libc/socket-address.ts';

const port = fc.integer({ min: 0, max: 65_535 });
const octets = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 255 })));
/** Zeros are common in addresses, and what makes their spelling hard. */
const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
const groups = fc.tuple(...Array.from({ length: 8 }, () => group));

/** Memory that holds something else already. */
const dirty = (): Buffer => Buffer.alloc(64, 0xa5);

/** The WHATWG's spelling of an IPv6 address, which is RFC 5952's. */
const canonical = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);

const isMapped = (parts: readonly number[]): boolean =>
  parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff;

describe('socket addresses', () => {
  it('are laid out as ip(7) has them', () => {
    const bytes = dirty();
    expect(writeSocketAddress(bytes, '192.168.20.16', 0x1234)).toBe(16);
    expect(bytes.readUInt16LE(0)).toBe(AF_INET);
    expect(bytes.toString('hex', 2, 16)).toBe('1234c0a814100000000000000000');
  });

  it('are laid out as ipv6(7) has them', () => {
    const bytes = dirty();
    expect(writeSocketAddress(bytes, 'fe80::1%7', 0x1234)).toBe(socketAddressSize);
    expect(bytes.readUInt16LE(0)).toBe(AF_INET6);
    expect(bytes.toString('hex', 2, 24)).toBe('123400000000fe800000000000000000000000000001');
    expect(bytes.readUInt32LE(24)).toBe(7);
  });

  it('of IPv4 come back as they went', () => {
    fc.assert(
      fc.property(octets, port, (parts, number) => {
        const bytes = dirty();
        const address = parts.join('.');
        writeSocketAddress(bytes, address, number);
        expect(readSocketAddress(bytes)).toEqual({ address, port: number });
        expect(unpackIpv4(packIpv4(bytes) ?? Number.NaN)).toEqual({ address, port: number });
      }),
    );
  });

  it('of IPv6 come back in their one spelling, and are not taken for IPv4', () => {
    fc.assert(
      fc.property(
        groups.filter((parts) => !isMapped(parts)),
        port,
        (parts, number) => {
          const bytes = dirty();
          const address = parts.map((part) => part.toString(16)).join(':');
          writeSocketAddress(bytes, address, number);
          expect(packIpv4(bytes)).toBeUndefined();
          expect(readSocketAddress(bytes)).toEqual({ address: canonical(address), port: number });
        },
      ),
    );
  });

  it('of IPv4 in IPv6 come back as IPv4', () => {
    fc.assert(
      fc.property(octets, port, (parts, number) => {
        const bytes = dirty();
        const address = parts.join('.');
        expect(writeSocketAddress(bytes, `::ffff:${address}`, number)).toBe(socketAddressSize);
        expect(readSocketAddress(bytes)).toEqual({ address, port: number });
      }),
    );
  });

  it.each([
    ['fe80::1%lo', 1, 'fe80::1%1'],
    ['fe80::1%42', 42, 'fe80::1%42'],
    ['fe80::1', 0, 'fe80::1'],
    ['fe80::1%nosuch0', 0, 'fe80::1'],
  ])('know the zone of %s', (address, scope, text) => {
    const bytes = dirty();
    writeSocketAddress(bytes, address, 80);
    expect(bytes.readUInt32LE(24)).toBe(scope);
    expect(readSocketAddress(bytes)).toEqual({ address: text, port: 80 });
  });

  it.each(['br-lan', 'eth0.100', 'wg_0'])('take the interface name %s for a zone', (zone) => {
    expect(writeSocketAddress(dirty(), `fe80::1%${zone}`, 80)).toBe(socketAddressSize);
  });

  it.each([
    ['127.0.0.1', AF_INET],
    ['::1', AF_INET6],
    ['::ffff:127.0.0.1', AF_INET6],
    ['fe80::1%lo', AF_INET6],
  ])('%s is of its family', (address, family) => expect(familyOf(address)).toBe(family));

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
  ])('%s is understood by the kernel', async (address, shown) => {
    const loaded = await loadLibc();
    if (!loaded.ok) throw new Error(loaded.why);
    const { libc } = loaded;
    const fd = libc.socket(familyOf(address), SOCK_STREAM, 0);
    onTestFinished(() => {
      libc.close(fd);
    });
    const memory = libc.allocate(64);
    expect(libc.bind(fd, memory.address, writeSocketAddress(memory.bytes, address, 0))).toBe(0);
    memory.bytes.fill(0);
    memory.bytes.writeInt32LE(socketAddressSize, 32);
    expect(libc.getsockname(fd, memory.address, memory.address + 32)).toBe(0);
    const bound = readSocketAddress(memory.bytes);
    expect(bound.address).toBe(shown);
    expect(bound.port).toBeGreaterThan(0);
  });
});
