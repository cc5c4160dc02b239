/** Castagnoli's polynomial, its bits reversed (RFC 3720, 12.1). */
const polynomial = 0x82f6_3b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
  return crc;
});

/**
 * CRC32c of `bytes`, 0 to 2^32-1. For bytes in pieces, `value` is the sum of the pieces before.
 * Node has only zlib.crc32, which is of another polynomial.
 */
export function crc32c(bytes: Uint8Array, value = 0): number {
  let crc = ~value;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}
