import type { CloseReason } from '../../../src/base/close-reason.ts';
import type { End } from './end.ts';

/** What carries a session from end to end: an engine, or nothing but the kernel. */
export interface Wire {
  readonly name: string;
  /** A client that has connected; `join` dials its target. */
  connect(): Promise<Connected>;
  close(): void;
}

export interface Connected {
  readonly client: End;
  join(): Promise<Joined>;
}

export interface Joined {
  readonly client: End;
  readonly target: End;
  /** Absent where nothing lies between the ends. */
  readonly relay?: RelayView;
}

/** What a test looks at in a relay. */
interface RelayView {
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
  readonly heldToTarget: number;
  readonly heldToClient: number;
  readonly state: string;
  readonly done: Promise<CloseReason>;
}
