import { type Crashable, contain } from './crashable.ts';
import { nodeTimers, type Timer, type Timers } from './loop.ts';

/** A connected socket. */
export interface Sender extends Crashable {
  readonly closed: boolean;
  /** Bytes written that the peer has not acknowledged; 0 where that is not known. */
  unsent(): number;
}

interface Waiter {
  readonly sender: Sender;
  readonly done: () => void;
}

/** Milliseconds from one check to the next; each pause is twice the one before. */
const firstLook = 2;
const slowestLook = 100;
/** Waiters notified in a row, each of which may end a session. Then the rest of the loop has its turn. */
const perLook = 16;

/** Waits until the peer has acknowledged all that was written to a socket: the kernel reports no event for that. */
export class SendQueues {
  private readonly loop: Timers;
  private waiters: Waiter[] = [];
  private pause = firstLook;
  private timer: Timer | null = null;

  constructor(loop: Timers = nodeTimers) {
    this.loop = loop;
  }

  /** `done` is called once the queue is empty, perhaps at once; never after the socket was closed by others. */
  whenEmpty(sender: Sender, done: () => void): void {
    if (sender.closed) return;
    if (sender.unsent() === 0) {
      done();
      return;
    }
    this.waiters.push({ sender, done });
    // A check that is due soon is never postponed: a stream of waiters would postpone it for ever.
    if (this.timer !== null && this.pause === firstLook) return;
    this.pause = firstLook;
    this.lookLater();
  }

  close(): void {
    this.timer?.cancel();
    this.timer = null;
    this.waiters = [];
  }

  private lookLater(): void {
    this.timer?.cancel();
    this.timer = this.loop.after(this.pause, () => this.look());
  }

  private look(): void {
    this.timer = null;
    const { waiters } = this;
    this.waiters = [];
    let notified = 0;
    for (const waiter of waiters) {
      const { sender, done } = waiter;
      if (sender.closed) continue;
      contain(sender, () => {
        if (notified === perLook || sender.unsent() > 0) this.waiters.push(waiter);
        else {
          notified += 1;
          done();
        }
      });
    }
    if (this.waiters.length === 0) return;
    this.pause = notified === perLook ? firstLook : Math.min(this.pause * 2, slowestLook);
    if (this.timer === null) this.lookLater();
  }
}
