import { performance } from 'node:perf_hooks';
import type { PlannedDrain } from '../plan/plan.ts';
import type { SessionTable } from '../session/session-table.ts';

/** What is left of a drain, in milliseconds. */
export interface DrainLeft {
  /** Clients are accepted for that long. */
  readonly grace: number;
  /** Then sessions have that long; undefined: as long as they take. */
  readonly sessions: number | undefined;
}

export interface DrainSteps {
  readonly table: SessionTable;
  /** Stops accepting. May be called twice. */
  closeListeners(): void;
  /** Resolves when no session is left and everything is closed. */
  finish(): Promise<void>;
}

/**
 * The end of a gateway, in finite steps:
 *
 *     serving -- begin --> grace: clients are accepted, readiness says no -- its time --> draining: listeners are
 *     closed, sessions may end by themselves -- deadline --> they are ended as `drained` --> closed
 */
export class Drain {
  state: 'serving' | 'grace' | 'draining' | 'closed' = 'serving';
  private readonly steps: DrainSteps;
  private readonly timers = new Set<NodeJS.Timeout>();
  /** When listeners close, and when sessions are ended: performance.now(). */
  private closesAt = Number.POSITIVE_INFINITY;
  private endsAt = Number.POSITIVE_INFINITY;
  private finished: Promise<void> | null = null;
  private whenDone: () => void = () => {};
  /** Resolves when all is closed. */
  readonly done: Promise<void>;

  constructor(steps: DrainSteps) {
    this.steps = steps;
    this.done = new Promise((resolve) => {
      this.whenDone = resolve;
    });
  }

  get listenersClosed(): boolean {
    return this.state === 'draining' || this.state === 'closed';
  }

  /** May be called again: each call has its own times, and the earliest counts. */
  begin({ grace, sessions, until }: PlannedDrain): Promise<void> {
    if (this.state === 'serving') this.state = 'grace';
    const closesAt = performance.now() + (this.state === 'grace' ? grace : 0);
    this.closesAt = Math.min(this.closesAt, closesAt);
    if (until === 'deadline') this.endsAt = Math.min(this.endsAt, closesAt + sessions);
    if (this.state === 'grace' && grace > 0) this.after(grace, () => this.stopAccepting(sessions, until));
    else this.stopAccepting(sessions, until);
    return this.done;
  }

  /** By all calls of `begin` until now. */
  left(): DrainLeft {
    const now = performance.now();
    const grace = this.state === 'grace' ? Math.max(0, this.closesAt - now) : 0;
    const sessions = Math.max(0, this.endsAt - now - grace);
    return { grace, sessions: Number.isFinite(sessions) ? sessions : undefined };
  }

  /** Ends all sessions now. */
  closeAtOnce(): void {
    this.stopAccepting(0, 'empty');
    this.steps.table.killAll('killed');
  }

  private stopAccepting(sessions: number, until: PlannedDrain['until']): void {
    if (this.state === 'closed') return;
    this.state = 'draining';
    this.steps.closeListeners();
    this.finished ??= this.finish();
    if (until === 'deadline') this.after(sessions, () => this.steps.table.killAll('drained'));
  }

  private async finish(): Promise<void> {
    await this.steps.finish();
    this.state = 'closed';
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.whenDone();
  }

  private after(delay: number, step: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      step();
    }, delay);
    this.timers.add(timer);
  }
}
