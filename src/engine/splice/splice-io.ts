import type { Libc, Memory } from '../../libc/libc.ts';
import type { HeldBytes } from '../held-bytes.ts';
import type { SendQueues } from '../send-queues.ts';
import type { PipePool } from './pipe-pool.ts';
import type { Reactor } from './reactor.ts';
import type { SocketOptions } from './socket-options.ts';
import type { SpareMemory } from './spare-memory.ts';

/** What the legs of one engine share. */
export interface SpliceIo {
  readonly libc: Libc;
  readonly reactor: Reactor;
  readonly options: SocketOptions;
  readonly pipes: PipePool;
  readonly sendQueues: SendQueues;
  /** Every leg that copies reads into it; free again when the bytes have been sent, or moved to a spare one. */
  readonly buffer: Memory;
  readonly spares: SpareMemory;
  readonly held: HeldBytes;
  /** A sockaddr, and its socklen_t behind it. */
  readonly address: Memory;
  /** The first port that the kernel may pick for an outgoing connection. */
  readonly firstEphemeralPort: number;
}

/** Where the socklen_t lies in `SpliceIo.address`, bytes. */
export const lengthAt = 32;
