import { type HeldBytes, leastRead } from '../held-bytes.ts';

/**
 * The buffers that legs read into. Two serve them all, as what was read is free again when the reader returns: a large one, and
 * for legs that the budget has no more room for its first `leastRead` bytes. libuv is given a leg's buffer once, so the choice
 * is made when the leg is: all that a leg may come to hold is taken from the budget until it is closed.
 */
export class ReadBuffers {
  readonly large: Uint8Array;
  private readonly small: Uint8Array;
  private readonly held: HeldBytes;
  private readonly share: number;

  /** `size`: bytes of the large one. `share`: what a leg that reads into it takes of the budget, bytes. */
  constructor(size: number, share: number, held: HeldBytes) {
    this.large = Buffer.allocUnsafeSlow(size);
    this.small = this.large.subarray(0, leastRead);
    this.held = held;
    this.share = share;
  }

  /** For a new leg. */
  take(): Uint8Array {
    if (this.held.short) return this.small;
    this.held.add(this.share);
    return this.large;
  }

  /** Its leg is closed. */
  give(buffer: Uint8Array): void {
    if (buffer === this.large) this.held.remove(this.share);
  }

  /** Whether it is one of these, and not a chunk of Node's. */
  has(buffer: Uint8Array): boolean {
    return buffer === this.large || buffer === this.small;
  }
}
