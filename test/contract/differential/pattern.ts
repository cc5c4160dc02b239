import { createHash } from 'node:crypto';

/** A prime above 1 MiB: no size that a buffer has divides it. */
const period = 1_048_583;

const bytes = createHash('shake256', { outputLength: period }).update('floatgate').digest();
const twice = Buffer.concat([bytes, bytes]);

/**
 * What one end sends in one session: bytes that depend on their position alone, so that what arrives is checked as it
 * comes and nothing is stored. Sessions and directions start at places of their own: bytes that come twice, late or
 * from another session do not match.
 */
export class Pattern {
  private readonly start: number;

  constructor(session: number, direction: 'to target' | 'to client') {
    this.start = ((session * 2 + (direction === 'to target' ? 0 : 1)) * 104_729) % period;
  }

  /** `count` bytes from `position` on; not a copy. */
  at(position: number, count: number): Buffer {
    if (count > period) throw new RangeError(`Cannot give ${count} bytes at once: ${period} are the most`);
    const from = (this.start + position) % period;
    return twice.subarray(from, from + count);
  }
}
