import type { Socket } from 'node:net';
import { type Crashable, crash } from '../crashable.ts';
import type { NodeInternals } from './node-internals.ts';

/** A leg as the events of its socket see it. */
interface EventedLeg extends Crashable {
  readonly socket: Socket;
  readonly buffer: Uint8Array;
  readonly context: { readonly internals: NodeInternals | null };
  /** A chunk has been read. False stops reading until `socket.resume` is called. */
  bytes(buffer: Uint8Array, length: number): boolean;
  /** A FIN has come; all bytes before it were given. */
  inputEnded(): void;
  /** The connection is lost; all bytes that could be read before were given. */
  inputReset(error: Error | undefined): void;
  /** The descriptor is closed. */
  socketClosed(): void;
}

/** From now on the leg is notified of what happens to its socket, which has just been connected or accepted. */
export function reportEvents(leg: EventedLeg): void {
  const { socket, buffer } = leg;
  (socket as LegSocket)[legOf] = leg;
  socket.on('end', onEnd).on('error', onError).on('close', onClose);
  const onRead = (length: number): boolean => {
    try {
      return leg.bytes(buffer, length);
    } catch (error) {
      crash(leg, error);
      return true;
    }
  };
  // The public way: each chunk has a buffer of its own.
  if (leg.context.internals?.readInto(socket, buffer, onRead) !== true) socket.on('data', onData);
}

/** A handler of an event: an exception in `work` is a bug, which ends `owner` alone. */
export function guarded<Argument = void>(
  owner: Crashable,
  work: (argument: Argument) => void,
): (argument: Argument) => void {
  return (argument) => {
    try {
      work(argument);
    } catch (error) {
      crash(owner, error);
    }
  };
}

/** Which leg a socket belongs to. All sockets share these handlers: closures for each take 1 KiB a session. */
const legOf = Symbol('leg');

interface LegSocket extends Socket {
  [legOf]: EventedLeg;
}

/** As `guarded`, for the leg whose socket has the event. */
function handler<Argument = void>(work: (leg: EventedLeg, argument: Argument) => void) {
  return function (this: LegSocket, argument: Argument): void {
    const leg = this[legOf];
    try {
      work(leg, argument);
    } catch (error) {
      crash(leg, error);
    }
  };
}

const onClose = handler((leg) => leg.socketClosed());

const onData = handler((leg, chunk: Buffer) => {
  if (!leg.bytes(chunk, chunk.length)) leg.socket.pause();
});

const onError = handler((leg, error: Error) => {
  const { socket } = leg;
  // Only the public way leaves bytes in the Readable. No event follows that would report them.
  for (let left = socket.read(); left !== null; left = socket.read()) leg.bytes(left, left.length);
  leg.inputReset(error);
});

/**
 * Bytes and a reset that come in one turn of the loop look like an end: libuv takes POLLHUP after a short read for one
 * (`uv__stream_io`). read(2) distinguishes them; in the public way a write of nothing does, which fails after a reset.
 */
const onEnd = handler((leg) => {
  const { socket, context } = leg;
  if (context.internals !== null) {
    if (context.internals.endedByReset(socket)) leg.inputReset(undefined);
    else leg.inputEnded();
  } else if (socket.writableEnded) leg.inputEnded();
  else {
    const onWritten = guarded(leg, (error: Error | null | undefined) => {
      // A failure arrives as 'error'.
      if (!error) leg.inputEnded();
    });
    socket.write(nothing, onWritten);
  }
});

const nothing = new Uint8Array(0);
