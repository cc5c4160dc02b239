import { F_GETPIPE_SZ, F_SETPIPE_SZ, PIPE_NONBLOCK_CLOEXEC } from '../../libc/constants.ts';
import type { Libc, Memory } from '../../libc/libc.ts';
import { noDescriptor } from './watched-sockets.ts';

/** A pipe in which bytes wait between two sockets. */
export interface Pipe {
  readonly kind: 'pipe';
  readonly readEnd: number;
  readonly writeEnd: number;
  /** Bytes. */
  readonly size: number;
}

/** The size that is requested: /proc/sys/fs/pipe-max-size allows unprivileged users no more by default, bytes. */
const wantedSize = 1024 * 1024;
/** With a smaller pipe a round moves so little that copying is as cheap, bytes. */
const leastSize = 64 * 1024;
/** Milliseconds until the next try after the kernel had no pipe, or a small one. */
const retryAfter = 1_000;

/**
 * Empty pipes. A direction has one only while bytes are in it, so that a few serve thousands of sessions. A direction
 * without one copies. There may be none because descriptors are used up, or because the user has no pages left for
 * pipes: the kernel makes pipes of two pages then (pipe-user-pages-soft, proc_sys_fs(5)).
 */
export class PipePool {
  private readonly libc: Libc;
  /** Pipes that may exist at once. */
  private most: number;
  private readonly least: number;
  private readonly fds: Memory;
  private readonly free: Pipe[] = [];
  private made = 0;
  private retryAt = 0;

  /** `least`: a smaller pipe is of no use, bytes. */
  constructor(libc: Libc, most: number, least = leastSize) {
    this.libc = libc;
    this.most = most;
    this.least = least;
    this.fds = libc.allocate(8);
  }

  /** Other pipes at once; those beyond them are closed once they are empty. */
  update(most: number): void {
    this.most = most;
    while (this.made > most) {
      const pipe = this.free.pop();
      if (pipe === undefined) return;
      this.discard(pipe);
    }
  }

  /** An empty pipe; null where there is none now. */
  take(): Pipe | null {
    return this.free.pop() ?? this.make();
  }

  /** Gives a pipe back, which must be empty. */
  give(pipe: Pipe): void {
    if (this.made > this.most) this.discard(pipe);
    else this.free.push(pipe);
  }

  /** Closes a pipe that still holds bytes: they would come out in the next session. */
  discard(pipe: Pipe): void {
    this.made -= 1;
    this.libc.close(pipe.readEnd);
    this.libc.close(pipe.writeEnd);
  }

  /** Closes the pipes that are not in use. */
  close(): void {
    for (const pipe of this.free.splice(0)) this.discard(pipe);
  }

  private make(): Pipe | null {
    if (this.made >= this.most) return null;
    const now = performance.now();
    if (now < this.retryAt) return null;
    this.retryAt = now + retryAfter;
    const { libc, fds } = this;
    if (libc.pipe2(fds.address, PIPE_NONBLOCK_CLOEXEC) < 0) return null;
    const [readEnd = noDescriptor, writeEnd = noDescriptor] = new Int32Array(fds.bytes.buffer, fds.bytes.byteOffset, 2);
    const granted = libc.fcntl(writeEnd, F_SETPIPE_SZ, wantedSize);
    const size = granted > 0 ? granted : libc.fcntl(writeEnd, F_GETPIPE_SZ, 0);
    this.made += 1;
    const pipe: Pipe = { kind: 'pipe', readEnd, writeEnd, size };
    if (size < this.least) {
      this.discard(pipe);
      return null;
    }
    this.retryAt = 0;
    return pipe;
  }
}
