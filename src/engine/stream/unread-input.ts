import type { Socket } from 'node:net';
import type { LegIo } from './leg-io.ts';
import type { NodeInternals } from './node-internals.ts';

/** The leg whose input it is. */
interface UnreadLeg {
  readonly socket: Socket;
  readonly io: LegIo;
  readonly buffer: Uint8Array;
  /** A chunk for the reader. False: no more for now. */
  give(buffer: Uint8Array, length: number): boolean;
  /** All was given. */
  failed(error: Error): void;
}

/**
 * What a leg's kernel socket holds when an error of a write closes it. The connection is gone: nothing can be added to
 * it, and nobody has to be asked when there is more to read. So libuv's reading is over, and the descriptor stays open
 * until the reader has taken all of it; while the reader takes no more, it waits in the kernel.
 */
export class UnreadInput {
  private readonly leg: UnreadLeg;
  private readonly internals: NodeInternals;
  private readonly error: Error;
  private closeSocket: (() => void) | null;

  /** `null` where nothing can be read any more of the socket that `error` ends. */
  static of(leg: UnreadLeg, error: Error, closeSocket: () => void): UnreadInput | null {
    const { internals } = leg.io;
    // Where the public way was taken for want of a slot, the Readable's bytes come before the kernel's.
    if (internals === null || leg.socket.readableLength > 0) return null;
    // Node would throw away what libuv reads for a socket that it takes for destroyed.
    return internals.stopReading(leg.socket) ? new UnreadInput(leg, internals, error, closeSocket) : null;
  }

  /** `closeSocket` closes the descriptor; it is called once. */
  private constructor(leg: UnreadLeg, internals: NodeInternals, error: Error, closeSocket: () => void) {
    this.leg = leg;
    this.internals = internals;
    this.error = error;
    this.closeSocket = closeSocket;
  }

  /** Gives what there is until the reader says no, and closes the descriptor after the last byte. */
  read(): void {
    const { socket, buffer } = this.leg;
    // Nobody else has bytes in the shared buffer now: a write fails for Node, and what is held is taken, between reads.
    for (let more = true; more && this.closeSocket !== null; ) {
      const length = this.internals.readNow(socket, buffer);
      if (length > 0) more = this.leg.give(buffer, length);
      else {
        more = false;
        this.leg.failed(this.error);
        this.close();
      }
    }
  }

  /** Closes the descriptor, read or not. */
  close(): void {
    const { closeSocket } = this;
    this.closeSocket = null;
    closeSocket?.();
  }
}
