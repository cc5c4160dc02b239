import type { SocketAddress } from '../base/address.ts';
import type { CloseReason } from '../base/close-reason.ts';
import type { Ip } from '../base/ip.ts';

/**
 * The I/O primitives that the session story is written over. A session has two legs:
 *
 *     client ==[client leg]== relay ==[target leg]== target
 *
 * What every engine must do is specified by the contract suite in test/contract.
 */
export interface Engine {
  readonly name: 'stream' | 'splice';
  /** Opens an acceptor. The address is bound and listening when the promise resolves; a failure is a value. */
  listen(at: ListenAddress, options: ListenOptions): Promise<Listening>;
  /** Connects to a literal address. */
  dial(to: SocketAddress, options: DialOptions): Dial;
  /** Reads the first bytes of a leg that no relay owns. The leg stays the caller's; one reading of it at a time. */
  head(leg: Leg, options: HeadOptions): HeadReading;
  /**
   * Joins two legs until both are closed. Takes ownership of both: the caller never touches them again.
   * What a leg has read before this call is delivered first, and a FIN seen before it is a half-close.
   */
  relay(client: Leg, target: Leg, options: RelayOptions): Relay;
  /** Ends a leg that no relay owns: `fin` after what was written, `rst` at once. Takes ownership. */
  close(leg: Leg, how: 'fin' | 'rst'): void;
  /** Tells the engine that a session has left: clients that wait for room are let in, those who wait in the engine first come first served. */
  admitWaiting(): void;
  /** Clients that wait for room, accepted already; 0 where new clients wait in the kernel's queue. */
  readonly waiting: number;
  /** Frees what the engine itself holds. Acceptors and relays must have been closed. May be called twice. */
  shutDown(): void;
}

export interface ListenAddress {
  /** IP literal. */
  readonly address: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** One IPv6 socket that takes IPv4 too (V6ONLY off, see ipv6(7)). */
  readonly dualStack: boolean;
}

/**
 * `paced`: there is room, but clients come in a burst, and should come in at a pace that leaves the machine to others
 * (the stream engine takes them as they come). `none`: the client has to wait.
 */
export type Room = 'free' | 'paced' | 'none';

export interface ListenOptions {
  /** Whether an incoming connection may become a session now; checked before each `onClient`. */
  room(): Room;
  /** Whether a new client may wait for room; asked where the engine has accepted it by then. */
  mayWait?(client: Pick<Leg, 'ip'>): boolean;
  /** A new client was reset: there was neither room nor a place to wait. */
  onTurnedAway?(): void;
  /** A client has come; the callee owns the leg. Must not throw. */
  onClient(leg: Leg): void;
}

export type Listening =
  | { readonly ok: true; readonly acceptor: Acceptor }
  | { readonly ok: false; readonly code: string; readonly error: Error };

/** A listening socket. */
export interface Acceptor {
  readonly local: SocketAddress;
  /** Stops listening; clients still waiting for room are reset. May be called twice. */
  close(): void;
}

/**
 * One leg of a session: a connected socket that one owner holds. What comes before the relay begins is kept, in a bounded
 * head (stream) or in the kernel (splice).
 */
export interface Leg {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  /** The address of `remote`, made when asked for; `undefined` where a connection that was reset has none any more. */
  readonly ip: Ip | undefined;
  /** A reset was seen before a relay began, or a bug of ours ended it. */
  readonly gone: boolean;
  /** The exception of our own code that ended it before a relay began: it is `gone` then. */
  readonly bug: Error | undefined;
  /** Called once when it is `gone` before a relay begins. */
  onGone: (() => void) | null;
}

export interface DialOptions {
  /** Milliseconds. */
  readonly timeout: number;
  /**
   * A literal address of this machine to dial from; left out: the kernel chooses. With splice its ports are shared by all
   * targets, as they are without it; with stream a port serves one connection, whoever the target (libuv binds it early).
   */
  readonly from?: string | undefined;
}

/** One try to connect. */
export interface Dial {
  /** Rejects with an exception that is a bug of ours. */
  readonly done: Promise<Dialed>;
  /** Gives up; `done` resolves with `cancelled` and no descriptor is left. No effect once `done` has resolved. */
  cancel(): void;
}

export type Dialed =
  | { readonly ok: true; readonly leg: Leg }
  | { readonly ok: false; readonly reason: DialFailure; readonly error?: Error };

export type DialFailure =
  | Extract<CloseReason, 'refused' | 'unreachable' | 'dial timed out' | 'exhausted'>
  | 'cancelled';

export interface HeadOptions {
  /**
   * Bytes that are looked at at most: when as many have come and `enough` still says 'more', it is malformed. Up to
   * 65,551, the longest PROXY header (16 bytes and a length of 16 bits).
   */
  readonly most: number;
  /** Milliseconds. */
  readonly timeout: number;
  /**
   * Looks at the first bytes, from one on, that have come so far; says how many of them are the head, which are taken
   * off the leg. `bytes` is only valid during the call.
   */
  enough(bytes: Buffer): number | 'more' | 'malformed';
}

/** The reading of a leg's first bytes. */
export interface HeadReading {
  /** What comes behind the head is delivered by the relay. Rejects with what `enough` throws, as with any bug. */
  readonly done: Promise<HeadRead>;
  /** Gives up; `done` resolves with `cancelled`. No effect once `done` has resolved. */
  cancel(): void;
}

/** A leg whose head was not read is only good for `close`: what was read of it is gone. */
export type HeadRead =
  | { readonly ok: true; readonly length: number }
  | { readonly ok: false; readonly reason: HeadFailure };

/** `bad header`: malformed, longer than `most`, or ended by a FIN. `client closed`: a FIN and not a byte. */
export type HeadFailure =
  | Extract<CloseReason, 'bad header' | 'header timed out' | 'client closed' | 'client reset'>
  | 'cancelled';

export interface RelayOptions {
  /** Milliseconds without a byte in either direction. */
  readonly idle: number;
  /** Milliseconds without a byte once one direction has ended. */
  readonly halfClosed: number;
  /** Milliseconds after which an idle session with a dead peer is gone, about (keepalive, tcp(7)). */
  readonly keepAlive: number;
  /** Milliseconds after which the relay ends as `expired`, however active; none where absent. */
  readonly maxAge?: number;
  /** Milliseconds after which the relay ends as `silent` where neither side has sent a byte, the prefix aside; none where absent. */
  readonly silent?: number;
  /**
   * Sent to the target before all that the client sends, at once and in one write. Counted in `heldToTarget` while the
   * target's socket has not taken it, never in `bytesToTarget`. Up to 4,000 bytes.
   */
  readonly prefix?: Uint8Array;
}

/** A running relay; all figures are live. */
export interface Relay {
  /** Bytes of the other leg that this leg's kernel socket has accepted. */
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
  /** Bytes read from one leg and not yet accepted by the other: per direction at most 256 KiB (stream), 1 MiB (splice). */
  readonly heldToTarget: number;
  readonly heldToClient: number;
  /** The error behind a reset, where the kernel gave one; ETIMEDOUT when keepalive found a dead peer; of `internal`, the bug. */
  readonly error: Error | undefined;
  readonly state: 'relaying' | 'half-closed' | 'closing' | 'closed';
  /** Resolves when both legs' descriptors are closed. Never rejects. */
  readonly done: Promise<CloseReason>;
  /** Resets both legs at once. The first cause wins. */
  kill(reason: CloseReason): void;
}
