import type { Socket } from 'node:net';
import type { Sender } from '../send-queues.ts';
import type { HeldResets } from './held-resets.ts';
import type { LegQueues } from './leg-queues.ts';
import type { NodeInternals } from './node-internals.ts';
import type { ReadBuffers } from './read-buffers.ts';
import type { SpareBuffers } from './spare-buffers.ts';
import type { UnsentBytes } from './unsent-bytes.ts';

/** `SendQueues` or, where there is no `unsent`, `SendQueueTable`. */
interface SendQueueWaits {
  whenEmpty(leg: Sender & { readonly socket: Socket }, done: () => void): void;
  close(): void;
}

/** What the legs of one engine share. */
export interface LegIo {
  readonly internals: NodeInternals | null;
  /** Every leg reads into one of them; free again when the reader returns. */
  readonly buffers: ReadBuffers;
  readonly queues: LegQueues;
  readonly spares: SpareBuffers;
  /** null where no system call can be made for it. */
  readonly unsent: UnsentBytes | null;
  readonly sendQueues: SendQueueWaits;
  readonly resets: HeldResets;
  /** Chunks that libuv has read so far, of all legs. */
  reads: number;
  /** The first port that the kernel may pick for an outgoing connection. */
  readonly firstEphemeralPort: number;
}
