import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeaderRead, ProxyHeader } from '../../src/proxy-protocol/proxy-header.ts';
import { readProxyHeader } from '../../src/proxy-protocol/read-proxy-header.ts';
import { writeProxyHeader } from '../../src/proxy-protocol/write-proxy-header.ts';
import { checkedHeaders, endpoints, goodHeaders, lines, mutatedHeaders, versions } from './arbitrary-headers.ts';
import { line, signature } from './make-header.ts';

const runs = { numRuns: 1000 };

/** Checks the outcome after each byte: first "more", then always the same. Returns the last one. */
function readByteByByte(bytes: Buffer): HeaderRead {
  let last = readProxyHeader(bytes.subarray(0, 0));
  for (let length = 1; length <= bytes.length; length += 1) {
    const read = readProxyHeader(bytes.subarray(0, length));
    if (last.kind !== 'more') expect(read).toEqual(last);
    else if (read.kind === 'complete') expect(read.length).toBe(length);
    last = read;
  }
  return last;
}

/** The grammar of 2.1 in other words than the reader's: octets by arithmetic, IPv6 as URLs have it. */
function isLine(text: string): boolean {
  if (text.length > 107) return false;
  if (/^PROXY UNKNOWN( [^\r\n]*)?\r\n$/.test(text)) return true;
  const [, word, from, to, ...numbers] = /^PROXY (TCP[46]) ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+)\r\n$/.exec(text) ?? [];
  if (word === undefined || from === undefined || to === undefined) return false;
  const isAddress = word === 'TCP4' ? isIpv4 : isIpv6;
  return isAddress(from) && isAddress(to) && numbers.every((port) => isNumber(port, 0xffff));
}

const isNumber = (text: string, most: number): boolean => String(Number(text)) === text && isWithin(Number(text), most);
const isWithin = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;
const isIpv4 = (text: string): boolean => {
  const octets = text.split('.');
  return octets.length === 4 && octets.every((octet) => isNumber(octet, 255));
};
const isIpv6 = (text: string): boolean => /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`);

/** What was accepted is where it must be, and comes back from our own writer. */
function expectSound(bytes: Buffer, read: HeaderRead): void {
  if (read.kind !== 'complete') return;
  const isV1 = bytes[0] === 0x50;
  if (isV1) expect(isLine(bytes.toString('latin1', 0, read.length))).toBe(true);
  else {
    expect(bytes.subarray(0, 12)).toEqual(signature);
    expect(read.length).toBe(16 + bytes.readUInt16BE(14));
  }
  if (read.header.kind === 'local') return;
  const { source, destination } = read.header;
  for (const version of ['v1', 'v2'] as const) {
    const again = writeProxyHeader(version, source, destination);
    expect(readProxyHeader(again)).toEqual({ kind: 'complete', length: again.length, header: read.header });
    // The same but for TLVs, length and spelling, unless both addresses were IPv4-mapped.
    if (version === 'v2' && !isV1 && again[13] === bytes[13])
      expect(again.subarray(16)).toEqual(bytes.subarray(16, again.length));
  }
}

it('reads what is written, both versions', () => {
  fc.assert(
    fc.property(versions, endpoints, endpoints, fc.uint8Array(), (version, source, destination, behind) => {
      const bytes = writeProxyHeader(version, source, destination);
      const header: ProxyHeader = { kind: 'proxied', source, destination };
      const complete = { kind: 'complete', length: bytes.length, header };
      expect(readByteByByte(bytes)).toEqual(complete);
      expect(readProxyHeader(Buffer.concat([bytes, behind]))).toEqual(complete);
    }),
    runs,
  );
});

it('takes no random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (random) => {
      const bytes = Buffer.from(random);
      const read = readByteByByte(bytes);
      const begin = (legal: Buffer) => bytes.subarray(0, legal.length).equals(legal.subarray(0, bytes.length));
      if (!begin(signature) && !begin(line('PROXY '))) expect(read.kind).toBe('malformed');
    }),
    runs,
  );
});

describe.each([
  ['mutated headers', mutatedHeaders],
  ['nearly right lines', lines],
  [
    'random bytes behind a right beginning',
    fc
      .tuple(goodHeaders, fc.nat({ max: 60 }), fc.uint8Array({ maxLength: 60 }))
      .map(([good, kept, random]) => Buffer.concat([good.subarray(0, kept), random])),
  ],
])('%s', (_, arbitrary) => {
  it('are decided once, and soundly', () => {
    fc.assert(
      fc.property(arbitrary, (bytes) => expectSound(bytes, readByteByByte(bytes))),
      runs,
    );
  });
});

it('takes a line of version 1 if, and only if, it is one of the grammar', () => {
  const seen = { complete: 0, malformed: 0, more: 0 };
  fc.assert(
    fc.property(lines, (bytes) => {
      const read = readProxyHeader(bytes);
      seen[read.kind] += 1;
      expect(read.kind === 'complete').toBe(isLine(bytes.toString('latin1')));
    }),
    { numRuns: 10_000 },
  );
  // So that the comparison is one of both answers.
  expect(seen.complete).toBeGreaterThan(100);
  expect(seen.malformed).toBeGreaterThan(100);
});

/**
 * A checksum is found by way of lengths and types, and counts for PROXY over TCP or UDP alone. So a flipped bit there
 * may hide it: the header is taken without it then, with the same addresses. All else that a flip can do is seen.
 */
it('sees any flipped bit of what a checksum covers', () => {
  const seen = { complete: 0, malformed: 0, more: 0 };
  fc.assert(
    fc.property(checkedHeaders, ({ bytes, tlvsAt, checksumAt }) => {
      const right = readProxyHeader(bytes);
      if (right.kind !== 'complete') expect.fail('not a right header');
      const heads = headsOf(bytes, tlvsAt);
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const at = bit >> 3;
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7));
        const read = readProxyHeader(flipped);
        seen[read.kind] += 1;
        if (at === 12 || at === 13) {
          // LOCAL, or UNSPEC, which have no addresses.
          if (read.kind === 'complete') expect(read.header).toEqual({ kind: 'local' });
          else expect(read.kind).toBe('malformed');
        } else if (at === 14 || at === 15) {
          if (read.kind === 'complete') {
            expect(read.header).toEqual(right.header);
            expect(read.length).toBeLessThan(checksumAt + 4);
          }
        } else if (read.kind === 'complete') {
          expect(heads.has(at)).toBe(true);
          expect(at).toBeLessThan(checksumAt);
          expect(read).toEqual(right);
        } else expect(read.kind).toBe('malformed');
      }
    }),
    { numRuns: 100 },
  );
  expect(seen.malformed).toBeGreaterThan(seen.complete * 10);
});

/** The places of types and lengths of the TLVs from `start` on. */
function headsOf(bytes: Buffer, start: number): Set<number> {
  const heads = new Set<number>();
  for (let at = start; at < bytes.length; at += 3 + bytes.readUInt16BE(at + 1))
    for (const place of [at, at + 1, at + 2]) heads.add(place);
  return heads;
}
