import fc from 'fast-check';
import type { Ip } from '../../src/base/ip.ts';
import type { ProxyEndpoint } from '../../src/proxy-protocol/proxy-header.ts';
import { writeLocalHeader, writeProxyHeader } from '../../src/proxy-protocol/write-proxy-header.ts';
import { goodV1, goodV2 } from './good-headers.ts';
import { emptyChecksum, ipv4Block, ipv6Block, line, sealed, tlv, v2 } from './make-header.ts';

const ipv4: fc.Arbitrary<Ip> = fc.integer({ min: 0, max: 0xffff_ffff });
/** Not IPv4-mapped, which is never an IPv6 Ip. */
const ipv6: fc.Arbitrary<Ip> = fc
  .oneof(fc.bigInt({ min: 0n, max: 0xffffn }), fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }))
  .filter((ip) => ip >> 32n !== 0xffffn);

export const endpoints: fc.Arbitrary<ProxyEndpoint> = fc.record({
  ip: fc.oneof(ipv4, ipv6),
  port: fc.integer({ min: 0, max: 0xffff }),
});

export const versions = fc.constantFrom('v1' as const, 'v2' as const);

/** All but the checksum. */
const tlvs = fc
  .array(
    fc
      .tuple(
        fc.integer({ min: 0, max: 255 }).filter((type) => type !== 3),
        fc.uint8Array({ maxLength: 20 }),
      )
      .map(([type, value]) => tlv(type, Buffer.from(value))),
    { maxLength: 3 },
  )
  .map((parts) => Buffer.concat(parts));

/** A header of TCP with a right checksum between other TLVs, and where the addresses end and the checksum is. */
export const checkedHeaders = fc.tuple(fc.boolean(), tlvs, tlvs).map(([asIpv4, before, behind]) => {
  const block = asIpv4 ? ipv4Block : ipv6Block;
  const tlvsAt = 16 + block.length;
  const checksumAt = tlvsAt + before.length + 3;
  const bytes = v2(0x21, asIpv4 ? 0x11 : 0x21, block, before, emptyChecksum, behind);
  return { bytes: sealed(bytes, checksumAt), tlvsAt, checksumAt };
});

export const goodHeaders: fc.Arbitrary<Buffer> = fc.oneof(
  fc.constantFrom(...[...goodV1, ...goodV2].map((good) => good.bytes)),
  fc.tuple(versions, endpoints, endpoints).map(([version, from, to]) => writeProxyHeader(version, from, to)),
  versions.map(writeLocalHeader),
  checkedHeaders.map((checked) => checked.bytes),
);

/** One change to `bytes`, at a place between 0 (its begin) and 1 (its end). */
type Change = (bytes: Buffer) => Buffer;
const byte = fc.oneof(fc.constantFrom(...Buffer.from('\r\n 0.:F')), fc.integer({ min: 0, max: 255 }));
const changes: fc.Arbitrary<Change> = fc
  .tuple(fc.constantFrom('flip', 'set', 'insert', 'delete', 'truncate', 'append'), fc.nat(), byte)
  .map(([how, place, value]) => (bytes) => {
    const at = place % (bytes.length + 1);
    const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)];
    const other = Buffer.from([value]);
    if (how === 'truncate') return before;
    if (how === 'append') return Buffer.concat([bytes, other]);
    if (how === 'insert') return Buffer.concat([before, other, behind]);
    if (how === 'delete') return Buffer.concat([before, behind.subarray(1)]);
    const changed = Buffer.from(bytes);
    if (at < changed.length) changed[at] = how === 'set' ? value : (changed[at] ?? 0) ^ (1 << (value & 7));
    return changed;
  });

/** Good headers with up to four bytes flipped, set, inserted, deleted, cut off or put behind. */
export const mutatedHeaders: fc.Arbitrary<Buffer> = fc
  .tuple(goodHeaders, fc.array(changes, { minLength: 1, maxLength: 4 }))
  .map(([bytes, all]) => all.reduce((changed, change) => change(changed), bytes));

const mostly = (usual: string, ...others: readonly string[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const words = fc.constantFrom('TCP4', 'TCP6', 'UNKNOWN', 'TCP', 'tcp4', 'UDP4', '');
const addresses = fc.constantFrom(
  ...['0.0.0.0', '192.0.2.7', '255.255.255.255', '::', '::1', '1::', '1:2:3:4:5:6:7:8', 'FFff::0abc'],
  ...['::ffff:192.0.2.7', '1:2:3:4:5:6:1.2.3.4', '01.2.3.4', '1.2.3', '1.2.3.256', '1:2:3:4:5:6:7', '1::2::3'],
  ...['fe80::1%lo', '12345::', '[::1]', 'a', '', '\xb2.2.3.4', '::1.2.3.04', '1.2.3.4\n'],
);
const ports = fc.constantFrom(
  '0',
  '1',
  '443',
  '65535',
  '65536',
  '00',
  '01',
  '-1',
  '+1',
  '1e3',
  '',
  '1.',
  '\xb2',
  '99999',
);
const spaces = mostly(' ', '  ', '\t', '');

/** Lines of words that version 1 has, or nearly has. */
export const lines: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.tuple(mostly('PROXY', 'PROXY ', 'proxy', ''), spaces, words, spaces),
    fc.tuple(addresses, spaces, addresses, spaces, ports, spaces, ports),
    mostly('\r\n', '\n', '\r', ' \r\n', '\r\r\n', '', `${' '.repeat(80)}\r\n`),
  )
  .map(([before, middle, end]) => line([...before, ...middle, end].join('')));
