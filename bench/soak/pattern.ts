import { patternBlock } from '../agents/pattern.ts';

/**
 * A prime: no pipe, buffer or window is a multiple of it, so that bytes which are lost or come twice shift what follows
 * to where it does not fit.
 */
const period = 262_139;
const block = patternBlock.subarray(0, period);

export type Way = 'to target' | 'to client';

/** The bytes of one direction of one session: functions of the session's number, the direction and the position. */
export class Pattern {
  readonly #start: number;

  constructor(session: number, way: Way) {
    // 104729 is a prime: neighbours start far apart, and no two of the first 131,069 sessions at the same place.
    this.#start = ((session * 2 + (way === 'to target' ? 0 : 1)) * 104_729) % period;
  }

  /** At least one byte and at most `length` of them, from `position` on; a view, not to be written to. */
  bytes(position: number, length: number): Buffer {
    const at = (this.#start + position) % period;
    return block.subarray(at, Math.min(at + length, period));
  }

  /** The position of the first wrong byte of `chunk`, which begins at `position`; `undefined` when all are right. */
  mismatch(chunk: Buffer, position: number): number | undefined {
    for (let done = 0; done < chunk.length; ) {
      const wanted = this.bytes(position + done, chunk.length - done);
      const come = chunk.subarray(done, done + wanted.length);
      if (!come.equals(wanted)) return position + done + come.findIndex((byte, index) => byte !== wanted[index]);
      done += wanted.length;
    }
    return undefined;
  }
}
