import type { Socket } from 'node:net';
import { type Crashable, crash } from '../crashable.ts';
import type { NodeInternals } from './node-internals.ts';

/** A leg as the events of its socket see it. */
interface EventedLeg extends Crashable {
  readonly socket: Socket;
  readonly buffer: Uint8Array;
  /** A chunk has been read. False stops reading until `socket.resume` is called. */
  bytes(buffer: Uint8Array, length: number): boolean;
  /** A FIN has come; all bytes before it were given. */
  inputEnded(): void;
  /** The connection is lost; all bytes that could be read before were given. */
  inputReset(error: Error | undefined): void;
  /** The descriptor is closed. */
  socketClosed(): void;
}

/** A handler of an event: an exception in `work` is a bug, which ends `owner` and nobody else. */
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

/** From now on the leg is notified of what happens to its socket, which has just been connected or accepted. */
export function reportEvents(leg: EventedLeg, internals: NodeInternals | null): void {
  const { socket } = leg;
  const onEnd = guarded(leg, () => (internals === null ? endedPublicly(leg) : ended(leg, internals)));
  const onError = guarded(leg, (error: Error) => {
    // Only the public way leaves bytes in the Readable, where nobody would read them any more.
    for (let left = socket.read(); left !== null; left = socket.read()) leg.bytes(left, left.length);
    leg.inputReset(error);
  });
  const onClose = guarded(leg, () => leg.socketClosed());
  socket.on('end', onEnd).on('error', onError).on('close', onClose);
  read(leg, internals);
}

/** Into the leg's buffer, or the public way: by 'data' events, each of which has a buffer of its own. */
function read(leg: EventedLeg, internals: NodeInternals | null): void {
  const { socket, buffer } = leg;
  const onRead = (length: number): boolean => {
    try {
      return leg.bytes(buffer, length);
    } catch (error) {
      crash(leg, error);
      return true;
    }
  };
  if (internals?.readInto(socket, buffer, onRead) === true) return;
  const onData = guarded(leg, (chunk: Buffer) => {
    if (!leg.bytes(chunk, chunk.length)) socket.pause();
  });
  socket.on('data', onData);
}

/**
 * Bytes and a reset that come in one turn of the loop look like an end: libuv takes POLLHUP after a short read for one
 * (`uv__stream_io`). read(2) distinguishes them.
 */
function ended(leg: EventedLeg, internals: NodeInternals): void {
  if (internals.endedByReset(leg.socket)) leg.inputReset(undefined);
  else leg.inputEnded();
}

/** In the public way a write of nothing does: after a reset it fails, and the failure arrives as 'error'. */
function endedPublicly(leg: EventedLeg): void {
  if (leg.socket.writableEnded) {
    // Nothing can be written after our own FIN.
    leg.inputEnded();
    return;
  }
  const onWritten = guarded(leg, (error: Error | null | undefined) => {
    if (!error) leg.inputEnded();
  });
  leg.socket.write(nothing, onWritten);
}

const nothing = new Uint8Array(0);
