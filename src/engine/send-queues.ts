import { type Crashable, crash } from './crashable.ts';

/** A connected socket. */
export interface Sender extends Crashable {
  /** -1 once it is closed. */
  readonly fd: number;
  /** Bytes written that the peer has not acknowledged; 0 where nobody can tell. */
  unsent(): number;
}

interface Waiter {
  readonly sender: Sender;
  readonly done: () => void;
}

/** Milliseconds from one look to the next; each pause is twice the one before. */
const firstLook = 2;
const slowestLook = 100;
/** Told in a row; then the rest of the loop has its turn. Each may end a session, and a burst that leaves ends at once. */
const perLook = 16;

/** Waits until the peer has acknowledged all that was written to a socket; there is no event for that. */
export class SendQueues {
  private waiters: Waiter[] = [];
  private pause = firstLook;
  private timer: NodeJS.Timeout | undefined;

  /** `done` is called once the queue is empty, perhaps at once; never after the socket was closed by others. */
  whenEmpty(sender: Sender, done: () => void): void {
    if (sender.fd === -1) return;
    if (sender.unsent() === 0) {
      done();
      return;
    }
    this.waiters.push({ sender, done });
    // Not put off: where one after the other comes, there would never be a look.
    if (this.timer !== undefined && this.pause === firstLook) return;
    this.pause = firstLook;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), this.pause);
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiters = [];
  }

  private look(): void {
    this.timer = undefined;
    const { waiters } = this;
    this.waiters = [];
    let told = 0;
    for (const waiter of waiters) {
      if (waiter.sender.fd === -1) continue;
      try {
        if (told === perLook || waiter.sender.unsent() > 0) this.waiters.push(waiter);
        else {
          told += 1;
          waiter.done();
        }
      } catch (error) {
        crash(waiter.sender, error);
      }
    }
    if (this.waiters.length === 0) return;
    this.pause = told === perLook ? firstLook : Math.min(this.pause * 2, slowestLook);
    this.timer ??= setTimeout(() => this.look(), this.pause);
  }
}
