import type { Libc, Memory } from '../../libc/libc.ts';
import type { HeldBytes } from '../held-bytes.ts';
import type { Timers } from '../loop.ts';
import type { SendQueues } from '../send-queues.ts';
import type { PipePool } from './pipe-pool.ts';
import type { Reactor } from './reactor.ts';
import type { SocketNames } from './socket-names.ts';
import type { SocketOptions } from './socket-options.ts';
import type { SpareMemory } from './spare-memory.ts';

/** What the legs of one engine share. */
export interface SpliceIo {
  readonly libc: Libc;
  readonly loop: Timers;
  readonly reactor: Reactor;
  readonly names: SocketNames;
  readonly options: SocketOptions;
  readonly pipes: PipePool;
  readonly sendQueues: SendQueues;
  /** Every copying leg reads into it. It is free again when the bytes have been sent, or moved to spare memory. */
  readonly buffer: Memory;
  readonly spares: SpareMemory;
  readonly held: HeldBytes;
  /** The first port that the kernel may choose for an outgoing connection. */
  readonly firstEphemeralPort: number;
}
