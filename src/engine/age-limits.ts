import type { Relay, RelayOptions } from './engine.ts';

/** What a relay has moved, and what it holds. */
type Traffic = Pick<Relay, 'bytesToTarget' | 'bytesToClient' | 'heldToTarget' | 'heldToClient'>;

/** What is left of a session's age may be next to nothing: the sweeper hurries no more for it than for this, milliseconds. */
const soonest = 1_000;

/** The deadlines that no byte puts off: `maxAge`, and `silent`, which the first byte does away with. */
export class AgeLimits {
  /** Milliseconds in which the sooner of both may be due. */
  readonly soonest: number;
  /** performance.now(), milliseconds. */
  private readonly expiry: number;
  private silence: number;

  /** `now` is performance.now(), milliseconds. */
  constructor({ maxAge = Number.POSITIVE_INFINITY, silent = Number.POSITIVE_INFINITY }: RelayOptions, now: number) {
    this.soonest = Math.min(silent, Math.max(maxAge, soonest));
    this.expiry = now + maxAge;
    this.silence = now + silent;
  }

  /** Why the relay ends now, if it does. */
  passed(now: number, traffic: Traffic): 'expired' | 'silent' | undefined {
    if (now >= this.expiry) return 'expired';
    const { bytesToTarget, bytesToClient, heldToTarget, heldToClient } = traffic;
    if (bytesToTarget + bytesToClient + heldToTarget + heldToClient > 0) this.silence = Number.POSITIVE_INFINITY;
    return now >= this.silence ? 'silent' : undefined;
  }
}
