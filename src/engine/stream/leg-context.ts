import type { Socket } from 'node:net';
import type { SmallQueues } from '../../libc/small-queues.ts';
import type { UnacknowledgedBytes } from '../../libc/unacknowledged-bytes.ts';
import { type HeldBytes, leastRead } from '../held-bytes.ts';
import { type Sender, SendQueues } from '../send-queues.ts';
import { LegBuffers } from './leg-buffers.ts';
import { findNodeInternals, type NodeInternals } from './node-internals.ts';
import { SendQueueTable } from './send-queue-table.ts';

/**
 * A read takes this many bytes at most. With a head (64 KiB and 15 bytes) and a prefix before it, a direction holds
 * 256 KiB at most. Larger reads cost less CPU per byte than smaller ones: 64 KiB took a sixth more.
 */
const readSize = 188 * 1024;
/** What a leg takes of the budget: 256 KiB each way, and what the kernel queues for it, which may be more. Bytes. */
export const legShare = 1024 * 1024;

export interface LegContextOptions {
  /** `public` leaves Node's private properties alone even where they exist; `auto` uses them where found. */
  readonly reads?: 'auto' | 'public';
  /** Where it is absent, Linux's tables of connections are read instead, which takes longer with many of them. */
  readonly unacknowledged?: UnacknowledgedBytes | null;
  /** For legs beyond the budget. */
  readonly smallQueues?: SmallQueues | null;
}

/** What the legs of one engine share. */
export class LegContext {
  /** null: the public way. */
  readonly internals: NodeInternals | null;
  readonly buffers: LegBuffers;
  /** Calls back once the peer has acknowledged all that was written. */
  readonly sendQueues: { whenEmpty(leg: Sender & { readonly socket: Socket }, done: () => void): void; close(): void };
  private readonly unacknowledged: UnacknowledgedBytes | null;
  private readonly smallQueues: SmallQueues | null;

  constructor(options: LegContextOptions, held: HeldBytes) {
    this.internals = options.reads === 'public' ? null : findNodeInternals();
    this.buffers = new LegBuffers(readSize, legShare, held);
    // A system call needs the descriptor.
    this.unacknowledged = this.internals === null ? null : (options.unacknowledged ?? null);
    this.smallQueues = this.internals === null ? null : (options.smallQueues ?? null);
    this.sendQueues = this.unacknowledged === null ? new SendQueueTable() : new SendQueues();
  }

  /** Bytes written to the descriptor that the peer has not acknowledged; 0 where no system call can be made. */
  unsent(fd: number): number {
    return this.unacknowledged?.(fd) ?? 0;
  }

  /** Keeps what the kernel queues for a leg beyond the budget small, where that can be done. */
  limitQueues({ fd, buffer }: { fd: number; buffer: Uint8Array }, which: 'unsent' | 'both'): void {
    if (this.smallQueues !== null && this.buffers.isSmall(buffer)) this.smallQueues(fd, leastRead, which);
  }
}
