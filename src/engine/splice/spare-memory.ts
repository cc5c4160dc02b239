import type { Libc, Memory } from '../../libc/libc.ts';
import { type HeldBytes, smallHold } from '../held-bytes.ts';

/** Memory for bytes that a leg has not taken yet and that are in no pipe. */
export interface Spare extends Memory {
  readonly kind: 'memory';
  /** Bytes of it that the leg has taken since. */
  taken: number;
}

/** Spares of each size that are kept; the rest is left to the garbage collector. */
const kept = 32;

/** Spare memory that is used again: small for up to `smallHold` bytes, large for more. */
export class SpareMemory {
  private readonly libc: Libc;
  private readonly size: number;
  private readonly held: HeldBytes;
  private readonly small: Spare[] = [];
  private readonly large: Spare[] = [];

  /** `size`: bytes of a large one. */
  constructor(libc: Libc, size: number, held: HeldBytes) {
    this.libc = libc;
    this.size = size;
    this.held = held;
  }

  /** For so many bytes. */
  take(length: number): Spare {
    if (length <= smallHold) return this.small.pop() ?? this.make(smallHold);
    this.held.add(this.size);
    return this.large.pop() ?? this.make(this.size);
  }

  give(spare: Spare): void {
    const large = spare.bytes.length > smallHold;
    if (large) this.held.remove(this.size);
    const free = large ? this.large : this.small;
    if (free.length < kept) free.push(spare);
  }

  private make(size: number): Spare {
    return { kind: 'memory', taken: 0, ...this.libc.allocate(size) };
  }
}
