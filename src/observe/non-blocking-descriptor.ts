import { constants, fstatSync, openSync, readFileSync } from 'node:fs';
import net from 'node:net';
import tty from 'node:tty';
import { errnoOf } from '../base/errors.ts';

/** A descriptor on which write(2) answers EAGAIN where it would otherwise wait. */
export interface NonBlockingDescriptor {
  readonly fd: number;
  /**
   * Bytes up to which one write is taken whole or not at all. For a pipe that is PIPE_BUF (pipe(7)), so that lines
   * that share a pipe with another writer's are never torn.
   */
  readonly chunk: number;
  /** Kept referenced for as long as the descriptor is in use: a collected handle would close it. */
  readonly handle?: net.Socket;
}

/** PIPE_BUF on Linux (limits.h). */
const pipeBuf = 4096;
const fileChunk = 65_536;

/**
 * Finds a way to write to `fd` that cannot block. A closed or unusable descriptor gives `undefined`.
 *
 * - A regular file or a device like /dev/null never makes a writer wait on another party: used as it is.
 * - A pipe or a terminal is opened once more through /proc/self/fd with O_NONBLOCK. That makes a new open file
 *   description, so the flag is ours alone; setting it on the given one would change it for the shell, too.
 * - Opening fails with EACCES where the pipe belongs to another user (a gateway run as nobody by root), and with
 *   ENXIO for a socket (journald). Then libuv sets O_NONBLOCK on the description itself: `new net.Socket({ fd })`
 *   does so at once (uv_pipe_open), and Node puts the flags of descriptors 0 to 2 back when it exits.
 * - A terminal of another user is tried as /dev/tty, which anyone may open who has it as controlling terminal.
 */
export function nonBlockingDescriptor(fd: number): NonBlockingDescriptor | undefined {
  try {
    const stat = fstatSync(fd);
    const terminal = tty.isatty(fd);
    if (!(stat.isFIFO() || stat.isSocket() || terminal)) return { fd, chunk: fileChunk };
    const reopened = stat.isSocket()
      ? undefined
      : (openWithoutBlocking(`/proc/self/fd/${fd}`) ??
        (terminal && stat.rdev === controllingTerminal() ? openWithoutBlocking('/dev/tty') : undefined));
    if (reopened !== undefined) return { fd: reopened, chunk: pipeBuf };
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

/** The device number of the controlling terminal: tty_nr, the fifth field after the name in /proc/self/stat (proc(5)). */
function controllingTerminal(): number | undefined {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[4]);
  } catch {
    return undefined;
  }
}

function unblockPipe(fd: number): net.Socket {
  const socket = new net.Socket({ fd, readable: false, writable: true });
  socket.on('error', () => {});
  socket.unref();
  return socket;
}

/**
 * libuv leaves a terminal that it cannot reopen blocking. `setBlocking` on the handle (used by tty.WriteStream itself)
 * sets and clears O_NONBLOCK; without it there is no way to write that cannot block, so nothing is written.
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
