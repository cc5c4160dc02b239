/** Spares kept for the next who needs one; the rest is left to the garbage collector. */
const kept = 32;

/** Buffers for what a leg has not taken yet: a flow that its reader slows down needs one again and again. */
export class SpareBuffers {
  private readonly size: number;
  private readonly free: Uint8Array[] = [];

  /** `size`: bytes of each. */
  constructor(size: number) {
    this.size = size;
  }

  take(): Uint8Array {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(this.size);
  }

  /** Gives a buffer back that nobody writes from any more. */
  give(buffer: Uint8Array): void {
    if (this.free.length < kept) this.free.push(buffer);
  }
}
