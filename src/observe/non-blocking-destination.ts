import { closeSync, writeSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';
import { type NonBlockingDescriptor, nonBlockingDescriptor } from './non-blocking-descriptor.ts';

export interface DestinationOptions {
  /** Bytes kept while the reader is not reading; default 256 KiB. */
  readonly limit?: number;
  /** The line, newline included, that is written once lines go through again after `count` were dropped. */
  droppedLine(count: number): string;
}

/** Lines that are written, or counted as dropped, together. */
interface Chunk {
  readonly bytes: Buffer;
  readonly lines: number;
  /** Dropped lines that this chunk reports. They are unreported again if the chunk is lost. */
  readonly reports: number;
}

const defaultLimit = 256 * 1024;
/** Queued bytes from which a burst is written without waiting for the end of the loop turn. */
const burst = 64 * 1024;
/** Milliseconds between tries while the reader is stuck: doubled from the first to the last. */
const firstRetry = 5;
const lastRetry = 250;

/**
 * Writes lines to a descriptor without blocking the event loop or the exit of the process. Every write(2) is
 * synchronous and non-blocking: a thread could hang the exit. Lines that do not fit, or fail, are dropped and counted.
 * Never throws.
 *
 *     write(line) -> open chunk -> queue (bounded) -> write(2), EAGAIN: again later
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
  #unreported = 0;
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
    if (this.#pump() === 'written' && this.#unreported > 0) this.#reportDropped();
    if (this.#held === 0) this.#onDrained?.();
  }

  /**
   * Continues with the descriptor `fd` and closes the one before. Queued lines go to the new one. A line that the old
   * one has taken in part is written again as a whole.
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

  /** Resolves once all lines are written or lost, or after `timeout` milliseconds. */
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
    // The reader was found stuck meanwhile: its retry replaces this.
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

  #closeChunk(reports: number): void {
    if (this.#openBytes === 0) return;
    this.#queue.push({ bytes: Buffer.from(this.#open), lines: this.#openLines, reports });
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
    // Does not keep the process: lines that the reader has not taken at the exit are lost.
    setTimeout(() => {
      this.#next = 'idle';
      this.flush();
    }, this.#retry).unref();
    this.#retry = Math.min(this.#retry * 2, lastRetry);
  }

  /** The other end is closed, or takes nothing (ENOSPC): everything queued is dropped. The next line tries again. */
  #lose(): void {
    if (this.#written > 0) this.#torn = true;
    // Whole lines of the first chunk may be written already.
    const there = newlines(this.#queue[0]?.bytes.subarray(0, this.#written));
    for (const chunk of this.#queue) {
      this.#held -= chunk.bytes.length;
      this.#unreported += chunk.reports;
      this.#count(chunk.lines);
    }
    this.#count(-there);
    this.#queue = [];
    this.#written = 0;
  }

  #count(lines: number): void {
    this.#dropped += lines;
    this.#unreported += lines;
  }

  /** Writes how many lines were dropped, once lines go through again. */
  #reportDropped(): void {
    const line = this.#droppedLine(this.#unreported);
    this.#append(line, Buffer.byteLength(line), Number.POSITIVE_INFINITY);
    // The line itself does not count: the lines that it reports do.
    this.#openLines = 0;
    this.#closeChunk(this.#unreported);
    this.#unreported = 0;
    this.#pump();
  }
}

function newlines(bytes: Buffer = Buffer.alloc(0)): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
