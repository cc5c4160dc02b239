import type { HeadOptions } from '../../src/engine/engine.ts';

/** The longest PROXY header: v2, 16 bytes and a length of 16 bits. */
export const longestHead = 16 + 65_535;

/** The simplest head, one line: `!` as its first byte is malformed. `looked`: the bytes that were checked last. */
export class LineHead implements HeadOptions {
  readonly most: number;
  readonly timeout: number;
  looked = 0;

  constructor({ most = longestHead, timeout = 60_000 }: { most?: number; timeout?: number } = {}) {
    this.most = most;
    this.timeout = timeout;
  }

  enough(bytes: Buffer): number | 'more' | 'malformed' {
    this.looked = bytes.length;
    if (bytes[0] === 0x21) return 'malformed';
    const end = bytes.indexOf('\n');
    return end === -1 ? 'more' : end + 1;
  }
}
