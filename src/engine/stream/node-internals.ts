import { readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { errnoOf } from '../../base/errors.ts';
import { type Peer, type ServerInternals, serverInternals } from './server-internals.ts';

/**
 * Private properties of Node's sockets, each looked for before it is used; `server-internals.ts` has those of servers. Without them the engine
 * takes the public way: 'data' events and `socket.write`, with the same results and more work per byte.
 *
 * - An accepted socket cannot be given `onread` (`net.createServer` ignores the option), so the three slots that
 *   `new net.Socket({ onread })` fills are filled by hand, and the handle is told of the buffer.
 * - `handle.fd` lets `fs.writeSync` try a write at once: it says how many bytes the kernel took, so the read buffer
 *   is free again when it returns and one buffer can serve every leg. `fs.readSync` reads what is left of a connection
 *   that is gone, when Node takes its socket for destroyed.
 * - `handle.onread` is what libuv's news come to: a reset can wait there before Node ends its socket.
 */
export interface NodeInternals extends ServerInternals {
  /** Makes a paused, accepted socket read into `buffer`. False: this socket does not allow it. */
  readInto(socket: Socket, buffer: Uint8Array, onRead: OnRead): boolean;
  /**
   * write(2) on the socket's descriptor, which is non-blocking: bytes taken, 0 where the send buffer is full, or
   * `writeFailed` where the connection is gone (ECONNRESET, EPIPE ...).
   * Nothing may be queued in `socket` itself, or bytes would overtake it.
   */
  writeNow(socket: Socket, buffer: Uint8Array, length: number): number;
  /**
   * Whether what looks like the end of input is a reset: one more read(2) says 0 after a FIN, and fails with the
   * socket's pending error after a reset (recv(2)). A write of nothing would tell too, but fails after our own FIN,
   * and an exception costs more than the whole rest of a session's end.
   */
  wasReset(socket: Socket): boolean;
  /**
   * Whom getpeername(2) names, valid until the next call; null where the kernel knows none. `socket.remoteAddress` makes an
   * object that it keeps in the socket as one property more, which costs an accepted socket more than the asking.
   */
  peer(socket: Socket): Peer | null;
  /** Its descriptor; -1 once it is closed. */
  descriptorOf(socket: Socket): number;
  /** libuv reads no more of it, also when Node takes it for destroyed. False: this socket does not allow it. */
  stopReading(socket: Socket): boolean;
  /** read(2) on the descriptor of a connection that is gone: bytes read, 0 once there are no more. */
  readNow(socket: Socket, buffer: Uint8Array): number;
  /**
   * Has `failed` called, in place of what Node does, when a read of the socket fails, not at its end; `errno` is negative.
   * Node would make an error with its stack as text for each. No effect where the socket does not allow it.
   */
  takeErrors(socket: Socket, failed: (socket: Socket, errno: number) => void): void;
}

/** As net.Socket's `onread.callback`: false stops reading. */
type OnRead = (length: number, buffer: Uint8Array) => boolean;

export const writeFailed = -1;

interface Handle {
  readonly fd: number;
  /** Called with what was read; how much, or a negative errno, is in `StreamState`. */
  onread: (this: Handle, chunk?: unknown) => unknown;
  useUserBuffer(buffer: Uint8Array): void;
  /** Writes into `peer`; 0, or a negative errno. */
  getpeername(peer: Peer): number;
  readStop(): number;
}

/** Where Node's C++ leaves the outcome of a read for JavaScript. */
interface StreamState {
  readonly values: Int32Array;
  /** The index of bytes read or errno. */
  readonly read: number;
}

/** UV_EOF (uv.h): a FIN, and no error. */
const endOfFile = -4095;

/** Looks for what is needed on a socket made for the purpose; null where anything is missing. */
export function findNodeInternals(): NodeInternals | null {
  // Windows has no descriptor behind a socket, and its reads land in the buffer while other code runs.
  if (process.platform === 'win32') return null;
  const buffer = new Uint8Array(1);
  const peer: Peer = { address: '', port: 0 };
  const callback = (): boolean => true;
  const options = { allowHalfOpen: true, onread: { buffer, callback } };
  const probe = new Socket(options);
  const slot = (name: string): symbol | undefined =>
    Object.getOwnPropertySymbols(probe).find((symbol) => symbol.description === name);
  const bufferSlot = slot('kBuffer');
  const callbackSlot = slot('kBufferCb');
  const generatorSlot = slot('kBufferGen');
  probe.destroy();
  if (bufferSlot === undefined || callbackSlot === undefined || generatorSlot === undefined) return null;
  if (Reflect.get(probe, bufferSlot) !== buffer || Reflect.get(probe, callbackSlot) !== callback) return null;

  const peerOf = (handle: Pick<Handle, 'getpeername'>): Peer | null =>
    typeof handle.getpeername === 'function' && handle.getpeername(peer) === 0 ? peer : null;
  const takeErrors = errorsTaker(streamState());

  return {
    readInto(socket, into, onRead) {
      const handle = handleOf(socket);
      if (handle === null || typeof handle.useUserBuffer !== 'function' || !(handle.fd >= 0)) return false;
      Reflect.set(socket, bufferSlot, into);
      Reflect.set(socket, callbackSlot, onRead);
      Reflect.set(socket, generatorSlot, null);
      handle.useUserBuffer(into);
      return true;
    },
    writeNow(socket, from, length) {
      const handle = handleOf(socket);
      if (handle === null) return writeFailed;
      try {
        return writeSync(handle.fd, from, 0, length);
      } catch (error) {
        return errnoOf(error) === 'EAGAIN' ? 0 : writeFailed;
      }
    },
    wasReset(socket) {
      const handle = handleOf(socket);
      if (handle === null) return true;
      try {
        return readSync(handle.fd, buffer, 0, 1, null) !== 0;
      } catch {
        return true;
      }
    },
    peer(socket) {
      const handle = handleOf(socket);
      return handle === null ? null : peerOf(handle);
    },
    ...serverInternals(peerOf),
    descriptorOf: (socket) => handleOf(socket)?.fd ?? -1,
    stopReading(socket) {
      const handle = handleOf(socket);
      if (handle === null || typeof handle.readStop !== 'function' || !(handle.fd >= 0)) return false;
      handle.readStop();
      return true;
    },
    readNow(socket, into) {
      const handle = handleOf(socket);
      if (handle === null) return 0;
      try {
        return readSync(handle.fd, into, 0, into.length, null);
      } catch {
        return 0;
      }
    },
    takeErrors,
  };
}

/**
 * Node 20 to 24 give it to whoever asks, with a warning where `--pending-deprecation` is set
 * (https://nodejs.org/api/deprecations.html#DEP0111); null where they do not.
 */
function streamState(): StreamState | null {
  try {
    const binding: unknown = Reflect.get(process, 'binding')?.call(process, 'stream_wrap');
    const { streamBaseState, kReadBytesOrError } = Object(binding);
    if (!(streamBaseState instanceof Int32Array) || typeof kReadBytesOrError !== 'number') return null;
    return { values: streamBaseState, read: kReadBytesOrError };
  } catch {
    return null;
  }
}

/** One function for all sockets. */
function errorsTaker(state: StreamState | null): NodeInternals['takeErrors'] {
  if (state === null) return () => {};
  const { values, read } = state;
  let nodes: Handle['onread'] | undefined;
  let owner: symbol | undefined;
  let failed: Parameters<NodeInternals['takeErrors']>[1] = () => {};
  const onread: Handle['onread'] = function (chunk) {
    const errno = values[read] ?? 0;
    if (errno >= 0 || errno === endOfFile) return nodes?.call(this, chunk);
    failed(Reflect.get(this, owner ?? ''), errno);
    return undefined;
  };
  return (socket, told) => {
    const handle = handleOf(socket);
    if (handle === null) return;
    nodes ??= handle.onread;
    owner ??= Object.getOwnPropertySymbols(handle).find((symbol) => symbol.description === 'owner_symbol');
    failed = told;
    if (nodes === handle.onread && owner !== undefined && Reflect.get(handle, owner) === socket) handle.onread = onread;
  };
}

function handleOf(socket: Socket): Handle | null {
  return (socket as unknown as { _handle: Handle | null })._handle;
}
