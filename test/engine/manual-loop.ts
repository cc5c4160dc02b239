import type { Loop, Timer } from '../../src/engine/loop.ts';
import type { Drive, Turn } from '../../src/libc/libc.ts';

interface Alarm {
  readonly due: number;
  readonly work: () => void;
}

/** A loop whose time and turns are under the control of the test. */
export class ManualLoop implements Loop {
  private time = 0;
  private alarms: Alarm[] = [];
  private deferred: (() => void)[] = [];
  private turn: Turn | null = null;

  now(): number {
    return this.time;
  }

  after(delay: number, work: () => void): Timer {
    const alarm = { due: this.time + delay, work };
    this.alarms.push(alarm);
    return {
      cancel: () => {
        this.alarms = this.alarms.filter((one) => one !== alarm);
      },
    };
  }

  defer(work: () => void): void {
    this.deferred.push(work);
  }

  drive(_epfd: number, turn: Turn): Drive {
    this.turn = turn;
    return {
      close: () => {
        this.turn = null;
      },
    };
  }

  /** Timers that are set. */
  get timers(): number {
    return this.alarms.length;
  }

  /** Handles what is ready, and then what was deferred before. */
  runTurn(): void {
    this.turn?.handle(this.turn.fetch(0));
    const due = this.deferred;
    this.deferred = [];
    for (const work of due) work();
  }

  /** Time passes without a turn: the process is busy, or stopped. */
  stall(milliseconds: number): void {
    this.time += milliseconds;
  }

  /** Time passes; timers are called when they are due, and the loop turns until nothing is deferred after each. */
  pass(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.alarms.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.alarms = this.alarms.filter((one) => one !== next);
      this.time = Math.max(this.time, next.due);
      next.work();
      this.settle();
    }
    this.time = Math.max(this.time, end);
  }

  private settle(): void {
    while (this.deferred.length > 0) this.runTurn();
  }
}
