import { constants, fstatSync, openSync, readFileSync } from 'node:fs';
import net from 'node:net';
import tty from 'node:tty';
import { errnoOf } from '../base/errors.ts';

/** A descriptor on which write(2) returns EAGAIN instead of waiting. */
export interface NonBlockingDescriptor {
  readonly fd: number;
  /**
   * Bytes that one write takes whole or not at all. For a pipe that is PIPE_BUF (pipe(7)): lines of several writers
   * to one pipe stay whole.
   */
  readonly chunk: number;
  /** Referenced as long as the descriptor is in use: a collected handle would close it. */
  readonly handle?: net.Socket;
}

/** PIPE_BUF on Linux (limits.h). */
const pipeBuf = 4096;
const fileChunk = 65_536;

/** Finds a way to write to `fd` that cannot block; `undefined` for a closed or unusable descriptor. */
export function nonBlockingDescriptor(fd: number): NonBlockingDescriptor | undefined {
  try {
    const stat = fstatSync(fd);
    const terminal = tty.isatty(fd);
    // A regular file or a device like /dev/null: its writer never waits for a reader.
    if (!(stat.isFIFO() || stat.isSocket() || terminal)) return { fd, chunk: fileChunk };
    // Opened again, the description is ours alone. The given one is shared with the shell, which O_NONBLOCK would
    // surprise. A terminal of another user can be opened as /dev/tty by its session.
    const reopened = stat.isSocket()
      ? undefined
      : (openWithoutBlocking(`/proc/self/fd/${fd}`) ??
        (terminal && stat.rdev === controllingTerminal() ? openWithoutBlocking('/dev/tty') : undefined));
    if (reopened !== undefined) return { fd: reopened, chunk: pipeBuf };
    // Another user's pipe (EACCES; root has started a gateway as nobody), or a socket (ENXIO; journald).
    return { fd, chunk: pipeBuf, handle: terminal ? unblockTerminal(fd) : unblockPipe(fd) };
  } catch {
    return undefined;
  }
}

function openWithoutBlocking(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The device number of the controlling terminal: tty_nr, fifth field after the name in /proc/self/stat (proc(5)). */
function controllingTerminal(): number | undefined {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[4]);
  } catch {
    return undefined;
  }
}

/** libuv sets O_NONBLOCK at once (uv_pipe_open). Node restores the flags of descriptors 0 to 2 when it exits. */
function unblockPipe(fd: number): net.Socket {
  const socket = new net.Socket({ fd, readable: false, writable: true });
  socket.on('error', () => {});
  socket.unref();
  return socket;
}

/**
 * A terminal that libuv cannot reopen stays blocking. `setBlocking` of the handle, which tty.WriteStream itself uses,
 * sets O_NONBLOCK. Nothing is written where it is missing, as any write could block then.
 */
function unblockTerminal(fd: number): net.Socket {
  const stream = new tty.WriteStream(fd);
  stream.on('error', () => {});
  stream.unref();
  const handle: unknown = Reflect.get(stream, '_handle');
  if (!canSetBlocking(handle)) throw new Error('no way to write to this terminal without blocking');
  handle.setBlocking(false);
  return stream;
}

function canSetBlocking(handle: unknown): handle is { setBlocking(blocking: boolean): void } {
  return typeof handle === 'object' && handle !== null && typeof Reflect.get(handle, 'setBlocking') === 'function';
}
