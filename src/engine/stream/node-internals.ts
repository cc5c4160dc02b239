import { readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { errnoOf } from '../../base/errors.ts';

/**
 * All private properties of Node that this engine uses. Each is looked for before use; without them the engine works by
 * 'data' events and `socket.write`, with the same results. Bulk costs 3.0 times as much CPU then, a request 1.6 times.
 *
 * - `kBuffer` and its two neighbours: what `new Socket({ onread })` fills. `net.createServer` ignores that option.
 * - `handle.fd`: `fs.writeSync` returns how many bytes the kernel took, so one read buffer can serve all sockets.
 * - `handle.readStop`: stops libuv where Node takes the socket for destroyed.
 */
export interface NodeInternals {
  /** Makes a connected socket read into `buffer`. False: this socket does not allow it. */
  readInto(socket: Socket, buffer: Uint8Array, onRead: OnRead): boolean;
  /**
   * write(2) on the socket's descriptor, which is non-blocking: bytes taken, 0 where the send queue is full, or
   * `writeFailed` where the connection is lost (ECONNRESET, EPIPE ...). Nothing may be queued in `socket` itself.
   */
  writeNow(socket: Socket, buffer: Uint8Array, length: number): number;
  /** Whether an end of input is a reset: read(2) returns 0 after a FIN, and fails after a reset (recv(2)). */
  endedByReset(socket: Socket): boolean;
  /** read(2) on the descriptor of a connection that is lost: bytes read, 0 once there are no more. */
  readNow(socket: Socket, buffer: Uint8Array): number;
  /** libuv reads no more of it, even when Node takes it for destroyed. False: this socket does not allow it. */
  stopReading(socket: Socket): boolean;
  /** Its descriptor; `noDescriptor` once it is closed. */
  descriptorOf(socket: Socket): number;
}

/** As `onread.callback` of net.Socket: false stops reading. */
type OnRead = (length: number) => boolean;

export const writeFailed = -1;
export const noDescriptor = -1;

interface Handle {
  readonly fd: number;
  useUserBuffer(buffer: Uint8Array): void;
  readStop(): number;
}

/** Looks at a socket made for the purpose; null where anything is missing. */
export function findNodeInternals(): NodeInternals | null {
  // Windows has no descriptor behind a socket, and its reads land in the buffer while other code runs.
  if (process.platform === 'win32') return null;
  const slots = findReadSlots();
  return slots === null ? null : nodeInternals(slots);
}

interface ReadSlots {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

function findReadSlots(): ReadSlots | null {
  const onread = { buffer: new Uint8Array(1), callback: () => true };
  const options = { allowHalfOpen: true, onread };
  const probe = new Socket(options);
  const slot = (name: string): symbol | undefined =>
    Object.getOwnPropertySymbols(probe).find((symbol) => symbol.description === name);
  const [buffer, callback, generator] = [slot('kBuffer'), slot('kBufferCb'), slot('kBufferGen')];
  probe.destroy();
  if (buffer === undefined || callback === undefined || generator === undefined) return null;
  const filled = Reflect.get(probe, buffer) === onread.buffer && Reflect.get(probe, callback) === onread.callback;
  return filled ? { buffer, callback, generator } : null;
}

function nodeInternals(slots: ReadSlots): NodeInternals {
  const scratch = new Uint8Array(1);
  return {
    readInto(socket, buffer, onRead) {
      const handle = handleOf(socket);
      if (handle === null || typeof handle.useUserBuffer !== 'function' || !(handle.fd >= 0)) return false;
      Reflect.set(socket, slots.buffer, buffer);
      Reflect.set(socket, slots.callback, onRead);
      Reflect.set(socket, slots.generator, null);
      handle.useUserBuffer(buffer);
      return true;
    },
    writeNow(socket, buffer, length) {
      const handle = handleOf(socket);
      if (handle === null) return writeFailed;
      try {
        return writeSync(handle.fd, buffer, 0, length);
      } catch (error) {
        return errnoOf(error) === 'EAGAIN' ? 0 : writeFailed;
      }
    },
    endedByReset(socket) {
      const handle = handleOf(socket);
      if (handle === null) return true;
      try {
        return readSync(handle.fd, scratch, 0, 1, null) !== 0;
      } catch {
        return true;
      }
    },
    readNow(socket, buffer) {
      const handle = handleOf(socket);
      if (handle === null) return 0;
      try {
        return readSync(handle.fd, buffer, 0, buffer.length, null);
      } catch {
        return 0;
      }
    },
    stopReading(socket) {
      const handle = handleOf(socket);
      if (handle === null || typeof handle.readStop !== 'function' || !(handle.fd >= 0)) return false;
      handle.readStop();
      return true;
    },
    descriptorOf: (socket) => handleOf(socket)?.fd ?? noDescriptor,
  };
}

function handleOf(socket: Socket): Handle | null {
  return (socket as unknown as { _handle: Handle | null })._handle;
}
