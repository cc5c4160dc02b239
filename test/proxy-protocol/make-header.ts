import { crc32c } from '../../src/proxy-protocol/crc32c.ts';

/** Version 1 as it goes over the wire. */
export const line = (text: string): Buffer => Buffer.from(text, 'latin1');

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

export const signature = hex('0d0a0d0a 000d0a51 5549540a');

/** The addresses of 192.0.2.7:4660 to 198.51.100.1:443. */
export const ipv4Block = hex('c0000207 c6336401 1234 01bb');

/** The addresses of [2001:db8::7]:4660 to [2001:db8::1]:443. */
export const ipv6Block = hex('20010db8000000000000000000000007 20010db8000000000000000000000001 1234 01bb');

export const tlv = (type: number, value: Buffer): Buffer => {
  const head = Buffer.from([type, 0, 0]);
  head.writeUInt16BE(value.length, 1);
  return Buffer.concat([head, value]);
};

/** A checksum yet to be filled in, by `sealed`. */
export const emptyChecksum = tlv(0x03, Buffer.alloc(4));

/** A version 2 header around `parts`, its length that of the parts. */
export function v2(command: number, family: number, ...parts: readonly Buffer[]): Buffer {
  const block = Buffer.concat(parts);
  const fixed = Buffer.from([command, family, 0, 0]);
  fixed.writeUInt16BE(block.length, 2);
  return Buffer.concat([signature, fixed, block]);
}

/** The same header with its checksum, which is empty and begins at `at`, filled in as 2.2.3 has it. */
export function sealed(header: Buffer, at: number): Buffer {
  const filled = Buffer.from(header);
  filled.writeUInt32BE(crc32c(header), at);
  return filled;
}
