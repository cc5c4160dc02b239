import { controlConnections } from '../plan/session-limit.ts';

/** What a client of the control socket may use. Times are milliseconds. */
export interface ControlLimits {
  readonly connections: number;
  /** Requests under way on one connection; more of them close it. */
  readonly pipelined: number;
  /** Bytes of a body. */
  readonly body: number;
  /** Bytes of the request line and the headers. */
  readonly headers: number;
  /** From the connection, or the first byte of a later request, to the end of the headers. */
  readonly headersMs: number;
  /** The same to the end of the body. */
  readonly requestMs: number;
  /** From the answer to its last byte in the kernel's queue. */
  readonly answerMs: number;
  /** Between two requests. */
  readonly idleMs: number;
  /** That answers under way have when the socket closes. */
  readonly closeMs: number;
}

export const controlLimits: ControlLimits = {
  // The plan has reserved a descriptor for each.
  connections: controlConnections,
  pipelined: 8,
  body: 64 * 1024,
  headers: 8 * 1024,
  headersMs: 5_000,
  requestMs: 10_000,
  answerMs: 10_000,
  idleMs: 5_000,
  closeMs: 500,
};
