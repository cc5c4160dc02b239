import type { Libc, Memory } from '../../libc/libc.ts';

/** Memory that holds what a leg has not taken yet, where no pipe does. */
export interface Spare extends Memory {
  readonly kind: 'memory';
  /** Bytes of it that the leg has taken since. */
  taken: number;
}

/** Spares kept for the next who needs one; the rest is left to the garbage collector. */
const kept = 32;

/** Spare memory that is used again and again. */
export class SpareMemory {
  private readonly libc: Libc;
  private readonly size: number;
  private readonly free: Spare[] = [];

  /** `size`: bytes of each. */
  constructor(libc: Libc, size: number) {
    this.libc = libc;
    this.size = size;
  }

  take(): Spare {
    return this.free.pop() ?? { kind: 'memory', taken: 0, ...this.libc.allocate(this.size) };
  }

  give(spare: Spare): void {
    if (this.free.length < kept) this.free.push(spare);
  }
}
