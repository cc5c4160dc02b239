import { type HeldBytes, leastRead, smallHold } from '../held-bytes.ts';

/** Spares of each size that are kept; the rest is left to the garbage collector. */
const mostSpares = 32;

/**
 * The memory that legs read into and hold bytes in.
 *
 * Two buffers serve all reads, because what was read is free again when the reader returns: a large one, and its first
 * `leastRead` bytes for legs that the budget has no room for. A leg keeps its buffer until it is closed, as libuv is
 * given one buffer a socket; so all that a leg may come to hold is taken from the budget until then.
 */
export class LegBuffers {
  private readonly large: Uint8Array;
  private readonly small: Uint8Array;
  private readonly held: HeldBytes;
  private readonly share: number;
  private readonly smallSpares: Uint8Array[] = [];
  private readonly largeSpares: Uint8Array[] = [];

  /** `size`: bytes of the large buffer. `share`: what a leg that reads into it takes of the budget, bytes. */
  constructor(size: number, share: number, held: HeldBytes) {
    this.large = Buffer.allocUnsafeSlow(size);
    this.small = this.large.subarray(0, leastRead);
    this.held = held;
    this.share = share;
  }

  /** What a new leg reads into. */
  take(): Uint8Array {
    if (this.held.short) return this.small;
    this.held.add(this.share);
    return this.large;
  }

  /** Its leg is closed. */
  give(buffer: Uint8Array): void {
    if (buffer === this.large) this.held.remove(this.share);
  }

  /** Whether legs share it, so that what it holds has to be copied to be kept. */
  shares(buffer: Uint8Array): boolean {
    return buffer === this.large || buffer === this.small;
  }

  /** Whether its leg is beyond the budget. */
  isSmall(buffer: Uint8Array): boolean {
    return buffer === this.small;
  }

  /** A buffer for so many held bytes. A flow with a slow reader needs one again and again. */
  takeSpare(length: number): Uint8Array {
    if (length > smallHold) return this.largeSpares.pop() ?? Buffer.allocUnsafeSlow(this.large.length);
    return this.smallSpares.pop() ?? Buffer.allocUnsafeSlow(smallHold);
  }

  /** Gives back a spare that no write uses any more. */
  giveSpare(spare: Uint8Array): void {
    const spares = spare.length > smallHold ? this.largeSpares : this.smallSpares;
    if (spares.length < mostSpares) spares.push(spare);
  }
}
