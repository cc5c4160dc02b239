import type { CloseReason } from '../base/close-reason.ts';

/** What is known of a session while it lives; a snapshot, plain data. */
export interface SessionSnapshot {
  readonly id: number;
  readonly state: SessionState;
  /** The service's or forward's name. */
  readonly service: string;
  /** Host number; `undefined` for forwards. */
  readonly host: number | undefined;
  /** The listener's key, `address:port`. */
  readonly listener: string;
  /** `address:port` of the client, by its PROXY header where it must send one; IPv4-mapped IPv6 shown as IPv4. */
  readonly client: string;
  /** `host:port` of the target as configured: the one that was reached, or tried last. */
  readonly target: string;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
  /** Bytes read from one leg and not yet accepted by the other. */
  readonly heldToTarget: number;
  readonly heldToClient: number;
  /** Milliseconds since the epoch. */
  readonly started: number;
}

export type SessionState = 'reading header' | 'dialing' | 'relaying' | 'half-closed' | 'closing';

/** The record of a session that has ended. */
export interface SessionRecord extends Omit<SessionSnapshot, 'state' | 'heldToTarget' | 'heldToClient'> {
  readonly reason: CloseReason;
  /** Accept to close, milliseconds. */
  readonly duration: number;
  /** Accept to connected target, lookup included, milliseconds; `undefined` when no target was reached. */
  readonly dialTime: number | undefined;
  /** Targets that were dialed. */
  readonly tries: number;
  /** The error behind the reason, where there was one. */
  readonly error: Error | undefined;
}

/**
 * Is notified of sessions. `session`, `engine` and `policy` know neither pino nor metrics, only an observer. An
 * observer must not throw and must not block.
 */
export interface SessionObserver {
  /**
   * What it is notified of now. `bugs`: only records with the reason `internal`; no others are made then.
   */
  readonly wants: 'opened and closed' | 'closed' | 'bugs';
  opened(session: SessionSnapshot): void;
  closed(record: SessionRecord): void;
}
