import { closeSync, writeSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';
import { type NonBlockingDescriptor, nonBlockingDescriptor } from './non-blocking-descriptor.ts';

export interface DestinationOptions {
  /** Bytes kept while the reader is not reading; default 256 KiB. */
  readonly limit?: number;
  /** The line, newline included, that is written once lines go through again after `count` were dropped. */
  droppedLine(count: number): string;
}

/** Lines that are written, or counted, together. */
interface Chunk {
  readonly bytes: Buffer;
  readonly lines: number;
  /** Dropped lines that this chunk tells about; they are untold again if it is lost, too. */
  readonly tells: number;
}

const defaultLimit = 256 * 1024;
/** Queued bytes from which a burst is written without waiting for the end of the loop turn. */
const burst = 64 * 1024;
/** Milliseconds between tries while the reader is stuck: doubled from the first to the last. */
const firstRetry = 5;
const lastRetry = 250;

/**
 * Takes lines and writes them to a descriptor in a way that neither blocks the event loop nor the exit of the process,
 * whatever stands at the other end: a pipe that nobody reads, a reader that has gone, a full disk, a stopped terminal.
 *
 *     write(line) -> open chunk -> queue (bounded) -> write(2), EAGAIN: again later
 *
 * Every write(2) is synchronous and non-blocking: no thread is involved that could get stuck and hang the exit, as
 * pino's own asynchronous destinations do. What does not fit, or fails, is dropped line by line and counted.
 * Nothing here throws.
 */
export class NonBlockingDestination {
  #given: number;
  #descriptor: NonBlockingDescriptor | undefined;
  readonly #limit: number;
  readonly #droppedLine: (count: number) => string;
  #open = '';
  #openBytes = 0;
  #openLines = 0;
  #queue: Chunk[] = [];
  /** Bytes of the queue's first chunk that are written already. */
  #written = 0;
  /** Bytes in the open chunk and the queue. */
  #held = 0;
  /** The last line ends in the middle: a write failed after taking a part of it. */
  #torn = false;
  #dropped = 0;
  #untold = 0;
  #next: 'idle' | 'soon' | 'retry' = 'idle';
  #retry = firstRetry;
  #onDrained: (() => void) | undefined;

  constructor(fd: number, options: DestinationOptions) {
    this.#given = fd;
    this.#descriptor = nonBlockingDescriptor(fd);
    this.#limit = options.limit ?? defaultLimit;
    this.#droppedLine = options.droppedLine;
  }

  /** Lines lost so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes one line, newline included. A call is the unit that is written or dropped as a whole. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#descriptor === undefined || this.#held + bytes > this.#limit) {
      this.#count(1);
      return;
    }
    this.#append(line, bytes, this.#descriptor.chunk);
    if (this.#next === 'idle') {
      this.#next = 'soon';
      setImmediate(this.#soon);
    }
    if (this.#next === 'soon' && this.#held >= burst) this.flush();
  }

  /** Writes what can be written now, once; what cannot stays queued. Never waits. */
  flush(): void {
    this.#closeChunk(0);
    if (this.#queue.length === 0) return;
    if (this.#pump() === 'written' && this.#untold > 0) this.#tell();
    if (this.#held === 0) this.#onDrained?.();
  }

  /**
   * Goes on with the descriptor `fd`, and closes the one before. What is held goes to the new one, a line that the old
   * one has taken a part of as a whole.
   */
  replace(fd: number): void {
    const before = this.#descriptor;
    const given = this.#given;
    this.#given = fd;
    this.#descriptor = nonBlockingDescriptor(fd);
    const taken = this.#queue[0]?.bytes.subarray(0, this.#written);
    this.#written = taken === undefined ? 0 : taken.lastIndexOf(10) + 1;
    this.#torn = false;
    this.#retry = firstRetry;
    before?.handle?.destroy();
    for (const old of new Set([given, before?.fd])) {
      // A handle closes its own.
      if (old !== undefined && !(before?.handle !== undefined && old === before.fd)) closeSync(old);
    }
    this.flush();
  }

  /** Resolves once all lines are written or lost, or after `timeout` milliseconds. For an end that may wait a little. */
  drained(timeout: number): Promise<void> {
    this.flush();
    if (this.#held === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(deadline);
        this.#onDrained = undefined;
        resolve();
      };
      const deadline = setTimeout(done, timeout);
      this.#onDrained = done;
    });
  }

  readonly #soon = (): void => {
    // A stuck reader was met meanwhile: its retry is due, not this.
    if (this.#next !== 'soon') return;
    this.#next = 'idle';
    this.flush();
  };

  #append(line: string, bytes: number, chunk: number): void {
    if (this.#openBytes > 0 && this.#openBytes + bytes > chunk) this.#closeChunk(0);
    this.#open += line;
    this.#openBytes += bytes;
    this.#openLines += 1;
    this.#held += bytes;
  }

  #closeChunk(tells: number): void {
    if (this.#openBytes === 0) return;
    this.#queue.push({ bytes: Buffer.from(this.#open), lines: this.#openLines, tells });
    this.#open = '';
    this.#openBytes = 0;
    this.#openLines = 0;
  }

  /** Writes the queue as far as it goes: all of it, up to a stuck reader, or up to an error that cost it. */
  #pump(): 'written' | 'stuck' | 'lost' {
    const fd = this.#descriptor?.fd;
    if (fd === undefined) return 'lost';
    try {
      for (let chunk = this.#queue[0]; chunk !== undefined; chunk = this.#queue[0]) {
        if (this.#torn) {
          writeSync(fd, '\n');
          this.#torn = false;
        }
        this.#written += writeSync(fd, chunk.bytes, this.#written);
        this.#retry = firstRetry;
        if (this.#written < chunk.bytes.length) continue;
        this.#queue.shift();
        this.#held -= chunk.bytes.length;
        this.#written = 0;
      }
      return 'written';
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'EAGAIN' || code === 'EINTR') {
        this.#tryLater();
        return 'stuck';
      }
      this.#lose();
      return 'lost';
    }
  }

  #tryLater(): void {
    if (this.#next === 'retry') return;
    this.#next = 'retry';
    // Not a reason to stay alive: at exit, what the reader does not take is lost.
    setTimeout(() => {
      this.#next = 'idle';
      this.flush();
    }, this.#retry).unref();
    this.#retry = Math.min(this.#retry * 2, lastRetry);
  }

  /** The other end is gone, or takes nothing (ENOSPC): everything held is dropped. The next line tries again. */
  #lose(): void {
    if (this.#written > 0) this.#torn = true;
    // Of the first chunk, whole lines may be there already.
    const there = newlines(this.#queue[0]?.bytes.subarray(0, this.#written));
    for (const chunk of this.#queue) {
      this.#held -= chunk.bytes.length;
      this.#untold += chunk.tells;
      this.#count(chunk.lines);
    }
    this.#count(-there);
    this.#queue = [];
    this.#written = 0;
  }

  #count(lines: number): void {
    this.#dropped += lines;
    this.#untold += lines;
  }

  /** Says in one line how many were dropped, now that lines go through again. */
  #tell(): void {
    const line = this.#droppedLine(this.#untold);
    this.#append(line, Buffer.byteLength(line), Number.POSITIVE_INFINITY);
    // It stands for the lines it tells of and is none itself.
    this.#openLines = 0;
    this.#closeChunk(this.#untold);
    this.#untold = 0;
    this.#pump();
  }
}

function newlines(bytes: Buffer = Buffer.alloc(0)): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
