import type { HeldResets } from './held-resets.ts';
import type { NodeInternals } from './node-internals.ts';
import type { SendQueues } from './send-queues.ts';
import type { SpareBuffers } from './spare-buffers.ts';

/** What the legs of one engine share. */
export interface LegIo {
  readonly internals: NodeInternals | null;
  /** Every leg reads into it; free again when the reader returns. */
  readonly readBuffer: Uint8Array;
  readonly spares: SpareBuffers;
  readonly sendQueues: SendQueues;
  readonly resets: HeldResets;
  /** Chunks that libuv has read so far, of all legs. */
  reads: number;
  /** The first port that the kernel may pick for an outgoing connection. */
  readonly firstEphemeralPort: number;
}
