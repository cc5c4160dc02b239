import type { Crashable } from './crashable.ts';

/** A connected socket as a relay sees it. */
export interface RelayedLeg {
  /** It was reset, and all bytes that came before were read. */
  readonly readToEnd: boolean;
  /** Its descriptor is closed. */
  readonly closed: boolean;
  /** Called once when the descriptor is closed; may be called before `destroy` or `reset` returns. */
  onClosed: (() => void) | null;
  /** Sends a FIN after what was written. */
  finish(): void;
  /** Closes the descriptor; what was written is still sent, and a FIN. */
  destroy(): void;
  /** Closes the descriptor with a reset, at once; what the kernel has not sent is thrown away. */
  reset(): void;
  /** Bytes written that the peer has not acknowledged; 0 where that is not known. */
  unsent(): number;
  /** Calls back once the peer has acknowledged all that was written, or the connection is reset. */
  whenSent(done: () => void): void;
  /** `keepAlive` as in `RelayOptions`. */
  armKeepAlive(keepAlive: number): void;
  /** Ends the leg where its peer should have acknowledged data, and has not for `keepAlive` milliseconds. */
  lookForDeadPeer(keepAlive: number): void;
  /** An event of this leg is queued, and not handled yet. */
  readonly eventPending: boolean;
  /** The relay is over: releases what the leg refers to. */
  forget(): void;
}

/** One way of a relay, `from` -> `to`. */
export interface RelayedDirection {
  readonly from: RelayedLeg;
  readonly to: RelayedLeg;
  /** Bytes of `from` that the kernel socket of `to` has taken. The prefix is not among them. */
  readonly delivered: number;
  /** Bytes read, or of the prefix, that were not taken yet. */
  readonly held: number;
  /**
   * `holding`: `to` has not taken all, and nothing more is read. `ended`: the FIN follows the held bytes.
   * `cut`: `to` is lost, and what is still read is discarded.
   */
  readonly state: 'flowing' | 'holding' | 'ended' | 'done' | 'cut';
  /** Takes over the input of `from`. The prefix and the bytes that came before are delivered first. */
  start(prefix: Uint8Array | undefined): void;
  /** Nothing more will be read: once the rest is taken, this direction is done. */
  closeInput(): void;
  /** `to` is lost: nothing can be delivered any more, and `from` is read on only to see its end. */
  cut(): void;
  /** Called by each sweep: a leg that is not read may have been reset without an event. */
  checkPausedLeg(): void;
}

/** The relay that a direction belongs to. */
export interface DirectionOwner extends Crashable {
  /** A byte moved: the session is not idle. */
  active: boolean;
  /** The FIN of `direction.from` has come. */
  ended(direction: RelayedDirection): void;
  /** All bytes and the FIN have been passed on. */
  finished(direction: RelayedDirection): void;
  /** A connection was found reset: `from` while reading, or `to` while writing. May be called more than once. */
  legReset(leg: RelayedLeg, error: Error | undefined): void;
}

/** Makes the two directions of a relay. */
export type MakeDirection<L extends RelayedLeg> = (from: L, to: L, owner: DirectionOwner) => RelayedDirection;
