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
