/** The most that a direction reads at a time, and so holds, once the budget is used up: bytes. */
export const leastRead = 16 * 1024;
/** What is held whatever the budget: a read, and a PROXY header before it (`RelayOptions.prefix`). Bytes. */
export const smallHold = leastRead + 4 * 1024;

/**
 * Counts the memory in which the sessions of an engine hold bytes against its budget (`limits.memory`). Only what is
 * larger than `smallHold` counts: the session limit has reserved that much for each (`plan/memory-share.ts`). Bytes
 * that are sent on at once never count.
 */
export class HeldBytes {
  /** The budget is used up: no more than `leastRead` may be read at a time. */
  short = false;
  private total = 0;
  private most: number;
  private readonly largest: number;

  /** `budget`: bytes. `largest`: the most that is added at once, bytes. */
  constructor(budget: number, largest: number) {
    this.largest = largest;
    this.most = budget - largest;
    this.add(0);
  }

  /** Another budget; what is held stays. */
  update(budget: number): void {
    this.most = budget - this.largest;
    this.add(0);
  }

  add(bytes: number): void {
    this.total += bytes;
    this.short = this.total > this.most;
  }

  remove(bytes: number): void {
    this.add(-bytes);
  }
}
