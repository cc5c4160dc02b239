import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from '../../libc/constants.ts';
import type { Crashable } from '../crashable.ts';
import type { RelayedLeg } from '../relayed-leg.ts';

/** A leg whose reset may have been seen. */
export interface BreakableLeg extends RelayedLeg {
  readonly broken: Error | undefined;
}

/** One of the two directions of a relay that a leg takes part in, or the reading of its head. */
export interface LegUser extends Crashable {
  /** It holds bytes that cannot be passed on now, and reads nothing. */
  readonly stuck: boolean;
  /** Moves what can be moved now. */
  pump(): void;
  /** The relay is over: held bytes are discarded. */
  release(): void;
  /** The leg was reset. There may still be bytes to read from it. */
  legBroken(leg: BreakableLeg): void;
}

/** A dial whose socket is connecting. */
export interface DialInProgress extends Crashable {
  ready(events: number): void;
}

/** Registered once for each leg, edge-triggered: mostly no further epoll_ctl(2) is needed. */
export const interest: number = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
/** While nothing is read. EPOLLPRI would report new bytes as well, and a FIN is of no use before them. */
export const withoutInput: number = EPOLLOUT | EPOLLET;
/** Events after which a read returns bytes, an end or an error. */
export const readableBy: number = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
