import type koffi from 'koffi';

/** A block of memory that system calls read and write. Keep a reference to it as long as its address is used. */
export interface Memory {
  readonly address: number;
  readonly bytes: Buffer;
}

/** Memory that stays where it is: not from Buffer's pool, and never inside V8's heap, where it could be moved. */
export function allocateMemory(ffi: typeof koffi, length: number): Memory {
  const bytes = Buffer.allocUnsafeSlow(length);
  return { address: Number(ffi.address(bytes)), bytes };
}

/** The memory of the last `keepUntilHere`. */
export const lastKept: { memory?: Memory } = {};

/**
 * Keeps memory until here. V8 collects what no code uses any more, also while a system call works with its address, and
 * a local variable does not prevent that. A store that outlives the call does.
 */
export function keepUntilHere(memory: Memory): void {
  lastKept.memory = memory;
}
