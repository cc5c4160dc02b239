import { closeSync, openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A line of JSON in the log. */
export type LogLine = Readonly<Record<string, unknown>>;

let made = 0;

/**
 * What a gateway logs, in a file that has no name any more, so that nothing of it can be left behind, and nobody has
 * to read along while something is measured.
 */
export class GatewayLog {
  /** For the process to inherit. */
  readonly descriptor: number;
  readonly #lines: LogLine[] = [];
  /** Lines that are no JSON: warnings of Node, stack traces. */
  readonly #stray: string[] = [];
  #read = 0;
  #rest = '';

  constructor() {
    const path = join(tmpdir(), `floatgate-faults-${process.pid}-${made++}.log`);
    this.descriptor = openSync(path, 'ax+', 0o600);
    unlinkSync(path);
  }

  /** All lines so far. */
  lines(): readonly LogLine[] {
    this.#catchUp();
    return this.#lines;
  }

  /** Lines so far that are no JSON; there should be none. */
  stray(): readonly string[] {
    this.#catchUp();
    return this.#stray;
  }

  /** Sessions that ended so far, by reason. */
  reasons(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { reason } of this.lines()) {
      if (typeof reason === 'string') counts[reason] = (counts[reason] ?? 0) + 1;
    }
    return counts;
  }

  /** Gives the space back, once the process has ended. */
  remove(): void {
    closeSync(this.descriptor);
  }

  #catchUp(): void {
    const chunk = Buffer.alloc(256 * 1024);
    for (;;) {
      const length = readSync(this.descriptor, chunk, 0, chunk.length, this.#read);
      if (length === 0) return;
      this.#read += length;
      const lines = (this.#rest + chunk.toString('latin1', 0, length)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    }
  }

  #take(line: string): void {
    try {
      this.#lines.push(JSON.parse(line));
    } catch {
      this.#stray.push(line);
    }
  }
}
