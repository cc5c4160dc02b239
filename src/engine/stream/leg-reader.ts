import type { Crashable } from '../crashable.ts';

/**
 * What becomes of a leg's input. One reader at a time: first the leg's own head, perhaps who
 * looks into it, then a direction of the relay.
 */
export interface LegReader extends Crashable {
  /** Bytes have come; `buffer` is only valid during the call when the leg reuses it. False stops reading. */
  bytes(buffer: Uint8Array, length: number): boolean;
  /** A FIN has come; all bytes before it were given. */
  end(): void;
  /** The connection is gone; all bytes that could be read before it were given. */
  reset(error: Error | undefined): void;
}
