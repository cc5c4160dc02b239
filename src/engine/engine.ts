import type { SocketAddress } from '../base/address.ts';
import type { CloseReason } from '../base/close-reason.ts';
import type { Ip } from '../base/ip.ts';

/**
 * The I/O primitives of a session. A session has two legs, which are connected sockets:
 *
 *     client ==[client leg]== relay ==[target leg]== target
 *
 * The contract suite (`describeEngine` in test/contract) is the specification: every engine must pass it. An engine is
 * used from one thread. Expected failures are values; what is thrown, and what a promise rejects with, is a bug.
 */
export interface Engine {
  readonly name: 'stream' | 'splice';
  /** Opens a listening socket. It is bound and listening when the promise resolves; a failure is a value. */
  listen(at: ListenAddress, options: ListenOptions): Promise<Listening>;
  /** Connects to a literal address. */
  dial(to: SocketAddress, options: DialOptions): Dial;
  /** Reads the first bytes of a leg without a relay. The caller keeps the leg. One reading at a time. */
  head(leg: Leg, options: HeadOptions): HeadReading;
  /**
   * Joins two legs until both are closed. The engine owns both from here on: the caller never uses them again. Bytes
   * that came before are delivered first, and a FIN that came before is a half-close.
   */
  relay(client: Leg, target: Leg, options: RelayOptions): Relay;
  /**
   * Closes a leg without a relay: by a FIN after what was written, or by a reset at once. The engine owns the leg from
   * here on. No effect on a closed one.
   */
  close(leg: Leg, how: 'fin' | 'rst'): void;
  /** Lets waiting clients in, as far as there is room: to be called when a session has ended. */
  admitWaiting(): void;
  /** Clients that wait for room and were accepted: 0 where clients wait in the kernel's queue. */
  readonly waiting: number;
  /** Other limits from now on. What is held, or waits, beyond them stays, and goes by itself. */
  configure(limits: EngineLimits): void;
  /** Frees what the engine holds itself. Acceptors and relays must be closed before. May be called twice. */
  shutDown(): void;
}

/** What an engine may hold. */
export interface EngineLimits {
  /** Clients that may wait at the limit (stream). */
  readonly waitingRoom: number;
  /** Pipes that may exist at once, two descriptors each (splice). 0: everything is copied. */
  readonly pipes: number;
  /** Bytes that all sessions together may hold in memory, beside the least each way (`HeldBytes`). */
  readonly memory: number;
}

export interface ListenAddress {
  /** IP literal. */
  readonly address: string;
  /** 0: the kernel chooses. */
  readonly port: number;
  /** One IPv6 socket that takes IPv4 clients, too (V6ONLY off, ipv6(7)). */
  readonly dualStack: boolean;
}

/**
 * Room for an incoming connection.
 *
 *     free ..... it becomes a session now
 *     paced .... it is one of a burst, and should come in at a pace that leaves the processor to others; an engine
 *                without paced accept takes it now
 *     none ..... it has to wait
 */
export type Room = 'free' | 'paced' | 'none';

export interface ListenOptions {
  /** Called once for each incoming connection before it is accepted, or let in from where it waits. */
  room(): Room;
  /** Whether a client may wait for room. Called where the engine has accepted it already. */
  mayWait?(client: Pick<Leg, 'ip'>): boolean;
  /** A client was reset: there was neither room nor a place to wait. */
  onTurnedAway?(): void;
  /** A client is let in; the callee owns the leg. Must not throw. */
  onClient(leg: Leg): void;
}

/** `code` is an errno name, such as EADDRINUSE (bind(2), listen(2)). */
export type Listening =
  | { readonly ok: true; readonly acceptor: Acceptor }
  | { readonly ok: false; readonly code: string; readonly error: Error };

/** A listening socket. */
export interface Acceptor {
  /** The address that it is bound to, with the port that the kernel has chosen. */
  readonly local: SocketAddress;
  /** Stops listening. Clients that still wait for room are reset. May be called twice. */
  close(): void;
}

/**
 * A connected socket with one owner. Bytes that come before a relay are kept: in the kernel (splice), or up to 64 KiB
 * and one read in memory (stream).
 */
export interface Leg {
  /** The other end; address '' and port 0 where the kernel does not know it any more. */
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  /** The address of `remote` as a number; undefined where the kernel does not know it any more. */
  readonly ip: Ip | undefined;
  /** The leg ended before a relay began: it was reset, or a bug has ended it. */
  readonly isReset: boolean;
  /** The bug that ended the leg before a relay began. */
  readonly bug: Error | undefined;
  /** Called once when the leg `isReset` before a relay begins. */
  onReset: (() => void) | null;
}

export interface DialOptions {
  /** Milliseconds. */
  readonly timeout: number;
  /**
   * A literal address of this machine to dial from. Left out: the kernel chooses. With splice, connections to different
   * targets share the ports of that address, as they do without it. With stream each connection needs a port of its own
   * (libuv binds before it knows the target).
   */
  readonly from?: string | undefined;
}

/** One try to connect. */
export interface Dial {
  /** Rejects with a bug. */
  readonly done: Promise<Dialed>;
  /** Gives up: `done` resolves with `cancelled`, and no descriptor is left. No effect once `done` has resolved. */
  cancel(): void;
}

/** The caller owns the leg. */
export type Dialed =
  | { readonly ok: true; readonly leg: Leg }
  | { readonly ok: false; readonly reason: DialFailure; readonly error?: Error };

export type DialFailure =
  | Extract<CloseReason, 'refused' | 'unreachable' | 'dial timed out' | 'exhausted'>
  | 'cancelled';

export interface HeadOptions {
  /**
   * The most bytes that are looked at: if that many have come and `enough` still returns 'more', the head is malformed.
   * Up to 65,551, the longest PROXY header (16 bytes and a length of 16 bits).
   */
  readonly most: number;
  /** Milliseconds. */
  readonly timeout: number;
  /**
   * Called with all bytes that have come so far, one at least. Returns how many of them are the head: those are taken
   * off the leg. `bytes` is only valid during the call.
   */
  enough(bytes: Buffer): number | 'more' | 'malformed';
}

/** The reading of a leg's first bytes. */
export interface HeadReading {
  /** Bytes behind the head stay on the leg: the relay delivers them. Rejects with what `enough` throws, and any bug. */
  readonly done: Promise<HeadRead>;
  /** Gives up: `done` resolves with `cancelled`. No effect once `done` has resolved. */
  cancel(): void;
}

/** After a failure the leg can only be closed: bytes that were read of it are lost. */
export type HeadRead =
  | { readonly ok: true; readonly length: number }
  | { readonly ok: false; readonly reason: HeadFailure };

/** `bad header`: malformed, longer than `most`, or cut off by a FIN. `client closed`: a FIN without a byte. */
export type HeadFailure =
  | Extract<CloseReason, 'bad header' | 'header timed out' | 'client closed' | 'client reset'>
  | 'cancelled';

/** All times are milliseconds. They are met within an eighth, or a second. */
export interface RelayOptions {
  /** Without a byte in either direction: the relay ends as `idle`. */
  readonly idle: number;
  /** Without a byte once one direction has ended: the relay ends as `half-closed too long`. */
  readonly halfClosed: number;
  /** Until an idle session with a dead peer ends as reset, about (keepalive, tcp(7)). */
  readonly keepAlive: number;
  /** The relay ends as `expired`, however active it is. Left out: no limit. */
  readonly maxAge?: number;
  /** The relay ends as `silent` if neither side has sent a byte by then. Left out: no limit. */
  readonly silent?: number;
  /**
   * Sent to the target before all that the client sends, at once and in one write. Up to 4,000 bytes. It counts in
   * `heldToTarget` until the kernel has taken it, and never in `bytesToTarget`.
   */
  readonly prefix?: Uint8Array;
}

/** A running relay. All figures are live. */
export interface Relay {
  /** Bytes of the other leg that the kernel has taken for this leg. */
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
  /** Bytes that were read from one leg and not taken for the other: at most 256 KiB (stream) or 1 MiB (splice) each. */
  readonly heldToTarget: number;
  readonly heldToClient: number;
  /** The error behind a reset, if the kernel gave one; ETIMEDOUT for a dead peer; the bug behind `internal`. */
  readonly error: Error | undefined;
  readonly state: 'relaying' | 'half-closed' | 'closing' | 'closed';
  /** Resolves with the first cause when both legs' descriptors are closed. Never rejects. */
  readonly done: Promise<CloseReason>;
  /** Resets both legs at once. No effect on the reason of a relay that is ending already. */
  kill(reason: CloseReason): void;
}
