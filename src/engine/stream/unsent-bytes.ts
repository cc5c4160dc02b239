import type { Socket } from 'node:net';
import type { UnacknowledgedBytes } from '../../libc/unacknowledged-bytes.ts';
import type { NodeInternals } from './node-internals.ts';

/** Bytes written to a socket that its peer has not acknowledged; 0 once it is closed, or was reset. */
export type UnsentBytes = (socket: Socket) => number;

export function unsentBytes(internals: NodeInternals, unacknowledged: UnacknowledgedBytes): UnsentBytes {
  return (socket) => {
    const fd = internals.descriptorOf(socket);
    const bytes = fd === -1 ? 0 : unacknowledged(fd);
    // The kernel goes on telling what was left when the peer reset the connection.
    return bytes > 0 && internals.peer(socket) === null ? 0 : bytes;
  };
}
