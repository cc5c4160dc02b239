import type { CloseReason } from '../base/close-reason.ts';
import { SlotList, type Slotted } from '../base/slot-list.ts';
import type { SessionSnapshot } from './session-events.ts';

/** A session as the table holds it. */
export interface LiveSession extends Slotted {
  /** Why it ended. */
  readonly reason: CloseReason | undefined;
  snapshot(): SessionSnapshot;
  kill(reason: CloseReason): void;
}

/** The live sessions, and how many have ended. */
export class SessionTable {
  private readonly sessions = new SlotList<LiveSession>();
  private readonly ends = new Map<CloseReason, { count: number }>();
  private lastId = 0;
  private whenEmpty: (() => void)[] = [];

  get size(): number {
    return this.sessions.size;
  }

  /** A number for a new session, unique for the life of the table. */
  nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }

  add(session: LiveSession): void {
    this.sessions.add(session);
  }

  /** The session has ended. */
  delete(session: LiveSession): void {
    this.sessions.delete(session);
    const reason = session.reason ?? 'internal';
    const end = this.ends.get(reason);
    if (end === undefined) this.ends.set(reason, { count: 1 });
    else end.count += 1;
    if (this.sessions.size > 0) return;
    const waiting = this.whenEmpty;
    this.whenEmpty = [];
    for (const resolve of waiting) resolve();
  }

  /** Sessions that have ended, by reason. */
  endings(): Partial<Record<CloseReason, number>> {
    return Object.fromEntries([...this.ends].map(([reason, { count }]) => [reason, count]));
  }

  snapshots(): SessionSnapshot[] {
    return this.sessions.all().map((session) => session.snapshot());
  }

  killAll(reason: CloseReason): void {
    for (const session of this.sessions.all()) session.kill(reason);
  }

  /** Resolves when no session is left. */
  empty(): Promise<void> {
    if (this.sessions.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenEmpty.push(resolve));
  }
}
