import type { CloseReason } from '../base/close-reason.ts';
import { SlotList, type Slotted } from '../base/slot-list.ts';
import type { PlannedListener } from '../plan/plan.ts';
import type { FreshTables } from '../policy/fresh-tables.ts';
import type { SessionSnapshot } from './session-events.ts';

/** A session as the table holds it. */
export interface LiveSession extends Slotted {
  readonly id: number;
  /** The listener that it came in through, as it was then. */
  readonly listener: PlannedListener;
  /** Why it ended. */
  readonly reason: CloseReason | undefined;
  /** Bytes delivered so far. */
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
  snapshot(): SessionSnapshot;
  kill(reason: CloseReason): void;
  /** Counts it in tables that a change of limits has made anew; see `Admission.restore`. */
  restore(fresh: FreshTables): void;
}

/** Bytes delivered. */
export interface MovedBytes {
  readonly toTarget: number;
  readonly toClient: number;
}

/** The live sessions, and how many have ended. */
export class SessionTable {
  private readonly sessions = new SlotList<LiveSession>();
  private readonly ends = new Map<CloseReason, { count: number }>();
  private readonly ended = { toTarget: 0, toClient: 0 };
  private endedSessions = 0;
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
    this.endedSessions += 1;
    this.ended.toTarget += session.bytesToTarget;
    this.ended.toClient += session.bytesToClient;
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

  /** Sessions since the start, live ones included. */
  get opened(): number {
    return this.endedSessions + this.sessions.size;
  }

  /** Bytes since the start, those of live sessions included. */
  moved(): MovedBytes {
    let { toTarget, toClient } = this.ended;
    for (const session of this.sessions.all()) {
      toTarget += session.bytesToTarget;
      toClient += session.bytesToClient;
    }
    return { toTarget, toClient };
  }

  /** A copy, so that sessions may end while it is walked. */
  live(): readonly LiveSession[] {
    return this.sessions.all();
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
