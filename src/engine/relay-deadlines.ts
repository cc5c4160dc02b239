import type { Relay, RelayOptions } from './engine.ts';

/** A relay as its deadlines see it. */
interface WatchedRelay
  extends Pick<Relay, 'state' | 'bytesToTarget' | 'bytesToClient' | 'heldToTarget' | 'heldToClient'> {
  /** A byte moved since the last check. */
  active: boolean;
  /** Bytes written to both legs that their peers have not acknowledged. */
  unsent(): number;
}

/** A shorter `maxAge` does not shorten the sweeper's tick, milliseconds: the remaining age may be close to 0. */
const soonestAge = 1_000;

/** The deadlines that end a relay without an event: see `RelayOptions`. A sweeper checks them. */
export class RelayDeadlines {
  private readonly options: RelayOptions;
  /** By the clock of the loop, milliseconds. */
  private readonly expiry: number;
  private silence: number;
  private lastActive: number;
  private lastUnsent = 0;

  /** `now` is the time by the clock of the loop, milliseconds. */
  constructor(options: RelayOptions, now: number) {
    const { maxAge = Number.POSITIVE_INFINITY, silent = Number.POSITIVE_INFINITY } = options;
    this.options = options;
    this.expiry = now + maxAge;
    this.silence = now + silent;
    this.lastActive = now;
  }

  /** Milliseconds until the soonest deadline may be due. */
  static soonest({ idle, halfClosed, maxAge, silent }: RelayOptions): number {
    const age = maxAge === undefined ? idle : Math.max(maxAge, soonestAge);
    return Math.min(idle, halfClosed, silent ?? idle, age);
  }

  /** Returns why the relay ends now, if it does. It must not be closing. */
  passed(now: number, relay: WatchedRelay): 'expired' | 'silent' | 'idle' | 'half-closed too long' | undefined {
    if (now >= this.expiry) return 'expired';
    const held = relay.heldToTarget + relay.heldToClient;
    if (relay.bytesToTarget + relay.bytesToClient + held > 0) this.silence = Number.POSITIVE_INFINITY;
    if (now >= this.silence) return 'silent';
    if (relay.active) {
      relay.active = false;
      this.lastActive = now;
      return undefined;
    }
    const quiet = now - this.lastActive;
    // A session with bytes held for a slow reader is in use.
    if (relay.state === 'half-closed' && held === 0 && quiet >= this.options.halfClosed) {
      if (!this.stillSending(relay.unsent())) return 'half-closed too long';
      this.lastActive = now;
      return undefined;
    }
    return quiet >= this.options.idle ? 'idle' : undefined;
  }

  /** A slow reader may still take bytes from the kernel. While their number changes, the session is in use. */
  private stillSending(unsent: number): boolean {
    const sending = unsent > 0 && unsent !== this.lastUnsent;
    this.lastUnsent = unsent;
    return sending;
  }
}
