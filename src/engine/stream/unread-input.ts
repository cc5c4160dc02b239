import { Socket } from 'node:net';
import { type Crashable, crash } from '../crashable.ts';
import type { NodeInternals } from './node-internals.ts';

/** The leg whose input it is. */
interface UnreadLeg extends Crashable {
  readonly socket: Socket;
  readonly buffer: Uint8Array;
  readonly input: 'open' | 'paused' | 'ended' | 'reset';
  /** A chunk for the reader. False: no more for now. */
  bytes(buffer: Uint8Array, length: number): boolean;
  /** All was given, and the connection is lost. */
  inputReset(error: Error): void;
}

/**
 * Saves what the kernel holds of a leg's input when a write that Node has queued fails: Node would close the socket,
 * and that input would be lost. The descriptor stays open until the reader has taken all of it. The connection is lost,
 * so no more input comes, and no event is needed.
 */
export class UnreadInput {
  private readonly leg: UnreadLeg;
  private readonly internals: NodeInternals;
  /** Set while an error ends the socket and its descriptor is still open. */
  private ending: { readonly error: Error | null; close(): void } | null = null;

  /**
   * From now on an error does not close the descriptor before the input was read. `_destroy` is the hook for that:
   * https://nodejs.org/docs/latest-v24.x/api/stream.html#writable_destroyerr-callback
   */
  constructor(leg: UnreadLeg, internals: NodeInternals) {
    this.leg = leg;
    this.internals = internals;
    const { socket } = leg;
    socket._destroy = (error, callback) => {
      this.ending = { error, close: () => Socket.prototype._destroy.call(socket, error, callback) };
      try {
        if (error === null || !this.canRead()) this.close();
        else if (leg.input === 'open') this.read();
      } catch (bug) {
        crash(leg, bug);
        this.close();
      }
    };
  }

  /** Whether the descriptor is kept open for its input. */
  get isKept(): boolean {
    return this.ending !== null;
  }

  /** Gives the input until the reader takes no more, and closes the descriptor after the last byte. */
  read(): void {
    const { socket, buffer } = this.leg;
    for (let more = true; more && this.ending !== null; ) {
      const length = this.internals.readNow(socket, buffer);
      if (length > 0) more = this.leg.bytes(buffer, length);
      else {
        more = false;
        if (this.ending.error !== null) this.leg.inputReset(this.ending.error);
        this.close();
      }
    }
  }

  /** Closes the descriptor, whether all was read or not. */
  close(): void {
    const { ending } = this;
    this.ending = null;
    ending?.close();
  }

  private canRead(): boolean {
    const { input, socket } = this.leg;
    if (input !== 'open' && input !== 'paused') return false;
    // Where the private slots are missing, the Readable's bytes come before the kernel's.
    return socket.readableLength === 0 && this.internals.stopReading(socket);
  }
}
