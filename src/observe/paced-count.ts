/** Counts events that would be too many lines: the first is reported at once, later ones together, once a pause. */
export class PacedCount {
  private readonly pause: number;
  private readonly report: (count: number) => void;
  private unreported = 0;
  private all = 0;
  private reportedAt = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;

  /** `pause`: least milliseconds between two reports. `report` gets the events since the one before. */
  constructor(pause: number, report: (count: number) => void) {
    this.pause = pause;
    this.report = report;
  }

  /** Events since the start. */
  get total(): number {
    return this.all;
  }

  add(): void {
    this.all += 1;
    this.unreported += 1;
    const left = this.reportedAt + this.pause - performance.now();
    if (left <= 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), left).unref();
  }

  /** Reports what is not yet reported. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const count = this.unreported;
    if (count === 0) return;
    this.unreported = 0;
    this.reportedAt = performance.now();
    this.report(count);
  }
}
