import { closeSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let made = 0;

/** A file for a process to log to. It has no name any more once it is open, so nothing of it can be left behind. */
export class LogFile {
  /** For the process to inherit. */
  readonly descriptor: number;
  #counted = 0;
  #lines = 0;

  constructor() {
    const path = join(tmpdir(), `floatgate-bench-${process.pid}-${made++}.log`);
    this.descriptor = openSync(path, 'ax+', 0o600);
    unlinkSync(path);
  }

  /** Lines so far. */
  lines(): number {
    const chunk = Buffer.alloc(1024 * 1024);
    for (;;) {
      const length = readSync(this.descriptor, chunk, 0, chunk.length, this.#counted);
      if (length === 0) return this.#lines;
      this.#counted += length;
      for (let at = chunk.indexOf(10); at !== -1 && at < length; at = chunk.indexOf(10, at + 1)) this.#lines += 1;
    }
  }

  /** The end of what was written. */
  end(): string {
    const chunk = Buffer.alloc(2_000);
    const start = Math.max(0, fstatSync(this.descriptor).size - chunk.length);
    return chunk.toString('utf8', 0, readSync(this.descriptor, chunk, 0, chunk.length, start)).trim();
  }

  /** Gives the space back, once the process has ended. */
  remove(): void {
    closeSync(this.descriptor);
  }
}
