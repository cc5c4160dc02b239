/** One line of progress: rewritten in place on a terminal, printed now and then elsewhere. */
export class Progress {
  /** Milliseconds between two lines where they cannot be rewritten. */
  static readonly #interval = 5_000;
  #lastPrinted = 0;

  show(text: string): void {
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\u001b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    } else if (Date.now() - this.#lastPrinted >= Progress.#interval) {
      this.#lastPrinted = Date.now();
      process.stderr.write(`${text}\n`);
    }
  }

  /** Takes the line away, so that results can be printed. */
  clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
  }
}
