import { Socket } from 'node:net';
import { type Crashable, crash } from '../crashable.ts';
import type { HeldResets, ResetLeg } from './held-resets.ts';
import type { ReadBuffers } from './read-buffers.ts';

/** A connection under way. */
export interface DialInProgress extends Crashable {
  connected(): void;
  failed(error: Error): void;
}

/** A leg as its socket sees it. */
interface ToldLeg extends ResetLeg {
  readonly dial: DialInProgress | null;
  readonly onClosed: (() => void) | null;
  bytes(buffer: Uint8Array, length: number): boolean;
  ended(): void;
  inputEnded(): void;
  failed(error: Error): void;
  /** An error ends the socket: `close` closes its descriptor, and may be called later. */
  closing(error: Error, close: () => void): void;
  reset(): void;
  readonly buffer: Uint8Array;
  readonly io: { readonly resets: HeldResets; readonly buffers: ReadBuffers };
}

const nothing = new Uint8Array(0);

/** Which leg a socket belongs to: the handlers of all sockets are the same functions, not closures per socket. */
const legOf = Symbol('leg');

interface LegSocket extends Socket {
  [legOf]: ToldLeg;
}

/** What a handler throws is its own leg's alone. */
function handler<Argument>(work: (leg: ToldLeg, argument: Argument, socket: Socket) => void) {
  return function (this: LegSocket, argument: Argument): void {
    const leg = this[legOf];
    try {
      work(leg, argument, this);
    } catch (error) {
      crash(leg, error);
    }
  };
}

const onEnd = handler((leg) => leg.ended());
const onConnect = handler((leg) => leg.dial?.connected());
const onClose = handler((leg) => {
  leg.io.buffers.give(leg.buffer);
  leg.onClosed?.();
});
const onProof = handler((leg) => leg.inputEnded());
const onFinish = handler((leg) => leg.reset());

const onData = handler((leg, chunk: Buffer, socket) => {
  if (!leg.bytes(chunk, chunk.length)) socket.pause();
});

const onError = handler((leg, error: Error) => {
  if (leg.dial === null) leg.failed(error);
  else leg.dial.failed(error);
});

function askedDestroy(this: LegSocket, error: Error | null, callback: (error?: Error | null) => void): void {
  let state: 'open' | 'closed' = 'open';
  const close = (): void => {
    if (state === 'closed') return;
    state = 'closed';
    Socket.prototype._destroy.call(this, error, callback);
  };
  if (error === null) close();
  else {
    const leg = this[legOf];
    try {
      leg.closing(error, close);
    } catch (bug) {
      crash(leg, bug);
      // Node takes the socket for destroyed by now, so that a reset of it does nothing more.
      close();
    }
  }
}

/** `leg` hears of the end of `socket`: a FIN, an error, the descriptor closed. */
export function tellLeg(socket: Socket, leg: ToldLeg): void {
  (socket as LegSocket)[legOf] = leg;
  socket.on('end', onEnd);
  socket.on('error', onError);
  socket.on('close', onClose);
}

export function tellOfConnect(socket: Socket): void {
  socket.on('connect', onConnect);
}

/** Each chunk is a buffer of its own. */
export function tellOfData(socket: Socket): void {
  socket.on('data', onData);
}

/** As `leg.bytes`, where there is no event and so no handler; does not throw. */
export function bytesRead(leg: ToldLeg, buffer: Uint8Array, length: number): boolean {
  try {
    return leg.bytes(buffer, length);
  } catch (error) {
    crash(leg, error);
    return true;
  }
}

/** As the 'error' event, in place of it; does not throw. */
export function readFailed(socket: Socket, errno: number): void {
  const leg = (socket as LegSocket)[legOf];
  leg.io.resets.came(leg, errno);
}

/** Tells the leg of its end once a write of nothing has gone through: after a reset it fails. */
export function proveEnd(socket: Socket): void {
  socket.write(nothing, (error) => {
    if (!error) onProof.call(socket as LegSocket, undefined);
  });
}

export function resetOnceFinished(socket: Socket): void {
  socket.once('finish', onFinish);
}

/**
 * From now on an error does not close the descriptor of a leg's socket before the leg has been asked. `_destroy` is the
 * hook for that (https://nodejs.org/docs/latest-v20.x/api/stream.html#writable_destroyerr-callback).
 */
export function askBeforeClosing(socket: Socket): void {
  socket._destroy = askedDestroy;
}
