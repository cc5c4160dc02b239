import { type HeaderRead, malformed, more } from './proxy-header.ts';
import { readHeaderV1 } from './read-header-v1.ts';
import { readHeaderV2 } from './read-header-v2.ts';
import { fixedSize, signature } from './v2-layout.ts';

/** The longest header there can be, bytes: version 2 with the largest length. */
export const mostHeaderBytes = fixedSize + 0xffff;

const firstOfV1 = 0x50; // P
const firstOfV2 = signature[0];

/**
 * Reads the PROXY header that a connection must begin with, of version 1 or 2, from all bytes received so far. It is
 * called again as more arrive, one byte at a time at worst: a call costs little until the header is whole.
 */
export function readProxyHeader(bytes: Buffer): HeaderRead {
  if (bytes.length === 0) return more;
  if (bytes[0] === firstOfV2) return readHeaderV2(bytes);
  if (bytes[0] === firstOfV1) return readHeaderV1(bytes);
  return malformed('the connection does not begin with one');
}
