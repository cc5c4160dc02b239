import type { Socket } from 'node:net';
import type { SmallQueues } from '../../libc/small-queues.ts';
import { leastRead } from '../held-bytes.ts';
import type { NodeInternals } from './node-internals.ts';
import type { ReadBuffers } from './read-buffers.ts';

/** A leg whose connection has just been made. */
interface NewLeg {
  readonly socket: Socket;
  readonly buffer: Uint8Array;
}

/** Keeps what the kernel queues for a leg small where the budget had no room for the leg; no effect where nothing can do that. */
export type LegQueues = (leg: NewLeg, which: 'unsent' | 'both') => void;

export function legQueues(internals: NodeInternals | null, small: SmallQueues | null, buffers: ReadBuffers): LegQueues {
  if (internals === null || small === null) return () => {};
  return ({ socket, buffer }, which) => {
    if (buffer !== buffers.large) small(internals.descriptorOf(socket), leastRead, which);
  };
}
