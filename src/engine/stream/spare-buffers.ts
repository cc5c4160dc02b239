import { smallHold } from '../held-bytes.ts';

/** Spares of each size kept for the next who needs one; the rest is left to the garbage collector. */
const kept = 32;

/** Buffers for what a leg has not taken yet: a flow that its reader slows down needs one again and again. */
export class SpareBuffers {
  private readonly size: number;
  private readonly small: Uint8Array[] = [];
  private readonly large: Uint8Array[] = [];

  /** `size`: bytes of a large one; a small one is for up to `smallHold` bytes. */
  constructor(size: number) {
    this.size = size;
  }

  /** For so many bytes. */
  take(length: number): Uint8Array {
    if (length > smallHold) return this.large.pop() ?? Buffer.allocUnsafeSlow(this.size);
    return this.small.pop() ?? Buffer.allocUnsafeSlow(smallHold);
  }

  /** Gives a buffer back that nobody writes from any more. */
  give(buffer: Uint8Array): void {
    const free = buffer.length > smallHold ? this.large : this.small;
    if (free.length < kept) free.push(buffer);
  }
}
