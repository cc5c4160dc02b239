import { type Crashable, crash } from '../crashable.ts';
import type { Room } from '../engine.ts';

/** A listener that leaves clients in the kernel's queue. */
export interface PausedAcceptor extends Crashable {
  /** See `ListenOptions`. */
  room(): Room;
  /** Takes one client. `gone`: that one was not there any more; `has none`: it is not paused any more, or closed. */
  admitOne(): 'taken' | 'gone' | 'cannot' | 'has none';
}

/** Milliseconds until listeners that are out of descriptors try again. */
const retryAfter = 100;
/** Milliseconds until the next turn, where there was more to take than one turn takes. */
const nextTurn = 4;
/** Clients taken in a row; then the rest of the loop has its turn. */
const mostInARow = 64;
/** What it costs to drop one who has gone, as a share of what a session does. */
const costOfGone = 1 / 4;

/** Paused listeners, in the order in which they take turns: one client each. */
export class PausedAcceptors {
  private acceptors: PausedAcceptor[] = [];
  private retry: NodeJS.Timeout | undefined;
  private again: NodeJS.Timeout | undefined;

  add(acceptor: PausedAcceptor): void {
    this.acceptors.push(acceptor);
  }

  /** There may be room again. A session that ends within this call calls this again, without effect: the first call goes on. */
  admit(): void {
    if (this.acceptors.length > 0 && this.admitSome() === 'more') this.goOnSoon();
  }

  private admitSome(): 'more' | 'done' {
    const waiting = this.acceptors;
    this.acceptors = [];
    const again: PausedAcceptor[] = [];
    let left = mostInARow;
    let next = 0;
    for (; next < waiting.length && left > 0; next += 1) {
      const acceptor = waiting[next];
      if (acceptor === undefined) continue;
      const outcome = this.ask(acceptor);
      // Who has been served goes to the end of the queue, who has not keeps its place.
      if (outcome === 'taken' || outcome === 'gone') {
        waiting.push(acceptor);
        left -= outcome === 'taken' ? 1 : costOfGone;
      } else if (outcome !== 'has none') again.push(acceptor);
    }
    const rest = waiting.slice(next);
    this.acceptors = [...again, ...rest, ...this.acceptors];
    return rest.length > 0 ? 'more' : 'done';
  }

  /** Descriptors were used up, by whoever: no event says when they are not any more. */
  retrySoon(): void {
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.admit();
    }, retryAfter);
  }

  close(): void {
    clearTimeout(this.again);
    clearTimeout(this.retry);
    this.again = undefined;
    this.retry = undefined;
    this.acceptors = [];
  }

  private goOnSoon(): void {
    this.again ??= setTimeout(() => {
      this.again = undefined;
      this.admit();
    }, nextTurn);
  }

  /** Whoever says that there may be room has no part in a listener's bugs, nor have the other listeners. */
  private ask(acceptor: PausedAcceptor): ReturnType<PausedAcceptor['admitOne']> | 'no room' {
    try {
      return acceptor.room() === 'none' ? 'no room' : acceptor.admitOne();
    } catch (error) {
      crash(acceptor, error);
      this.retrySoon();
      return 'no room';
    }
  }
}
