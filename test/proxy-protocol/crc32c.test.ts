import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32c } from '../../src/proxy-protocol/crc32c.ts';
import { hex } from './make-header.ts';

const counting = Uint8Array.from({ length: 32 }, (_, index) => index);

// RFC 3720, B.4, where the sums are given byte by byte, the lowest first; the last is the usual check of a CRC.
it.each([
  ['32 zeros', new Uint8Array(32), 0x8a91_36aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
  ['32 counting up', counting, 0x46dd_794e],
  ['32 counting down', counting.toReversed(), 0x113f_db5c],
  [
    'a SCSI read',
    hex('01c00000000000000000000000000000 14000000000004000000001400000018 28000000000000000200000000000000'),
    0xd996_3a56,
  ],
  ['the digits', Buffer.from('123456789'), 0xe306_9283],
  ['nothing', new Uint8Array(0), 0],
])('sums %s up', (_, bytes, sum) => {
  expect(crc32c(bytes)).toBe(sum);
});

it('sums pieces up to the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (one, other) => {
      expect(crc32c(other, crc32c(one))).toBe(crc32c(Buffer.concat([one, other])));
    }),
  );
});
