/** Beyond the budget a direction reads no more than this at a time, and so holds no more: bytes. */
export const leastRead = 16 * 1024;
/** What is held in any case, whatever the budget: a read, and a PROXY header before it (`RelayOptions.prefix`). Bytes. */
export const smallHold = leastRead + 4 * 1024;

/**
 * The memory that all sessions of an engine hold bytes in, against the budget for it (`limits.memory`). Only what is larger than
 * `smallHold` counts: the session limit has reckoned with that much for each (`plan/memory-share.ts`). What is sent on at once
 * is never counted.
 */
export class HeldBytes {
  /** The budget is used up: no more than `leastRead` may be read at a time. */
  short = false;
  private total = 0;
  private readonly most: number;

  /** `budget`: bytes. `largest`: what is added at once at most, bytes. */
  constructor(budget: number, largest: number) {
    this.most = budget - largest;
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
