import { type Crashable, crash } from '../crashable.ts';
import type { SocketOptions } from './socket-options.ts';

/** A socket that may be closed meanwhile: -1 then. */
interface Sender extends Crashable {
  readonly fd: number;
}

interface Waiter {
  readonly sender: Sender;
  readonly done: () => void;
}

/** Milliseconds from one look to the next; each pause is twice the one before. */
const firstLook = 2;
const slowestLook = 100;

/** Waits until the peer has acknowledged all that was written to a socket (SIOCOUTQ); there is no event for that. */
export class SendQueues {
  private readonly options: SocketOptions;
  private waiters: Waiter[] = [];
  private pause = firstLook;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: SocketOptions) {
    this.options = options;
  }

  /** `done` is called once the queue is empty, perhaps at once; never after the socket was closed by others. */
  whenEmpty(sender: Sender, done: () => void): void {
    if (sender.fd === -1) return;
    if (this.isEmpty(sender)) {
      done();
      return;
    }
    this.waiters.push({ sender, done });
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
    for (const waiter of waiters) {
      if (waiter.sender.fd === -1) continue;
      try {
        if (this.isEmpty(waiter.sender)) waiter.done();
        else this.waiters.push(waiter);
      } catch (error) {
        crash(waiter.sender, error);
      }
    }
    if (this.waiters.length === 0) return;
    this.pause = Math.min(this.pause * 2, slowestLook);
    this.timer ??= setTimeout(() => this.look(), this.pause);
  }

  private isEmpty(sender: Sender): boolean {
    return this.options.unacknowledgedBytes(sender.fd) === 0;
  }
}
