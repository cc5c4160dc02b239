import { performance } from 'node:perf_hooks';
import type { SocketAddress } from '../base/address.ts';
import type { CloseReason } from '../base/close-reason.ts';
import { errnoOf } from '../base/errors.ts';
import { isPortShortage } from '../base/exhausted.ts';
import type { Host } from '../base/host.ts';
import type { DialSource, DialSources } from './dial-sources.ts';
import type { ExhaustedTargets } from './exhausted-targets.ts';
import type { LookedUpBy } from './known-name.ts';
import type { Resolver } from './resolver.ts';
import type { DialAnswer } from './silent-addresses.ts';
import type { TargetGuard } from './target-guard.ts';

/** A connection, as far as its address is concerned. */
interface Connection {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
}

/** The outcome of connecting to one address. */
export type Connected<Leg extends Connection> =
  | { readonly ok: true; readonly leg: Leg }
  | { readonly ok: false; readonly reason: ConnectFailure; readonly error?: Error };

type ConnectFailure = Extract<CloseReason, 'refused' | 'unreachable' | 'dial timed out' | 'exhausted'> | 'cancelled';

/** One attempt to connect; `cancel` makes `done` resolve with `cancelled`. */
export interface Connecting<Leg extends Connection> {
  readonly done: Promise<Connected<Leg>>;
  cancel(): void;
}

/** What the dials of a gateway share. */
export interface DialContext {
  readonly resolver: Resolver;
  readonly guard: TargetGuard;
  readonly exhausted: ExhaustedTargets;
}

/** A dial context with a way to connect: the engine's for sessions, node:net's for health checks. */
export interface Dialer<Leg extends Connection> extends DialContext {
  /** Whose lookups these are: those of checks leave places to sessions. */
  readonly lookedUpBy: LookedUpBy;
  /** `timeout` in milliseconds; `to` is an IP literal. */
  connect(to: SocketAddress, options: { readonly timeout: number; readonly from: DialSource }): Connecting<Leg>;
  /** Closes a connection that must not be used. */
  drop(leg: Leg): void;
}

/** The outcome of dialing a target, by all its addresses. */
export type TargetDialed<Leg extends Connection> =
  | Connected<Leg>
  | { readonly ok: false; readonly reason: TargetFailure; readonly error?: Error };

/** `loop`: the address is a listener of this gateway. `lookup not started`: other lookups had all places. */
type TargetFailure = 'lookup failed' | 'lookup timed out' | 'lookup not started' | 'loop';

/**
 * One dial of a target: looks its name up, then walks the addresses until one answers.
 *
 * - Each address gets an equal share of the time left, so that a silent one leaves the others their turn. Lookup time
 *   counts.
 * - The guard excludes addresses before the walk. An address that was silent lately comes last (`SilentAddresses`).
 * - An address is dialed from the sources in turn: the next one is tried where a source has no free port towards it, or
 *   is not an address of this machine any more. Ports that have just run out are not tried again at once.
 */
export class TargetDial<Leg extends Connection> {
  readonly done: Promise<TargetDialed<Leg>>;
  private readonly dialer: Dialer<Leg>;
  private readonly target: Host & { readonly port: number };
  private readonly timeout: number;
  private readonly sources: DialSources;
  private cancelled = false;
  /** The lookup, and then each attempt. */
  private step: { cancel(): void } | null = null;

  /** @param timeout milliseconds for all of it */
  constructor(dialer: Dialer<Leg>, target: Host & { readonly port: number }, timeout: number, sources: DialSources) {
    this.dialer = dialer;
    this.target = target;
    this.timeout = timeout;
    this.sources = sources;
    this.done = 'address' in target ? this.dialPlanned(target.address) : this.dialName(target.name);
  }

  /** Gives up; `done` resolves with `cancelled`, unless a connection was made in this very turn. */
  cancel(): void {
    this.cancelled = true;
    this.step?.cancel();
  }

  private dialPlanned(address: string): Promise<TargetDialed<Leg>> {
    const why = this.dialer.guard.check({ address, port: this.target.port }, this.target);
    if (why === undefined) return this.dialAddress(address, this.timeout);
    return Promise.resolve({ ok: false, reason: 'loop', error: new Error(why) });
  }

  private async dialName(name: string): Promise<TargetDialed<Leg>> {
    const { timeout, dialer, target } = this;
    const { silentAddresses } = dialer.resolver;
    const deadline = performance.now() + timeout;
    const lookup = dialer.resolver.resolve(name, timeout, dialer.lookedUpBy);
    this.step = lookup;
    const resolved = await lookup.done;
    if (resolved === 'cancelled' || this.cancelled) return gaveUp;
    if (!resolved.ok) return resolved;

    const { allowed, error } = this.guarded(resolved.addresses, name);
    let last: TargetDialed<Leg> = { ok: false, reason: 'lookup failed', error };
    const addresses = silentAddresses.order(allowed, target.port);
    for (const [index, address] of addresses.entries()) {
      const left = deadline - performance.now();
      if (left <= 0) return { ok: false, reason: index === 0 ? 'lookup timed out' : 'dial timed out' };
      const share = left / (addresses.length - index);
      last = await this.dialAddress(address, share);
      if (addresses.length > 1) {
        silentAddresses.dialed(address, target.port, answerOf(last), { share, fair: timeout / addresses.length });
      }
      if (last.ok || this.cancelled) return last;
    }
    return last;
  }

  /** The addresses that may be dialed, and what to report where there are none. */
  private guarded(addresses: readonly string[], name: string) {
    const { port } = this.target;
    let why: string | undefined;
    const allowed = addresses.filter((address) => {
      const refusal = this.dialer.guard.check({ address, port }, this.target);
      why ??= refusal;
      return refusal === undefined;
    });
    return { allowed, error: new Error(why ?? `Cannot dial ${name}: it has no address`) };
  }

  private async dialAddress(address: string, timeout: number): Promise<TargetDialed<Leg>> {
    const { connect, exhausted } = this.dialer;
    const to = { address, port: this.target.port };
    let last: Connected<Leg> = justExhausted;
    for (const from of this.sources.order(address)) {
      if (!exhausted.mayDial(to, from, performance.now())) continue;
      const attempt = connect(to, { timeout, from });
      this.step = attempt;
      last = await attempt.done;
      if (last.ok || !isPortShortage(errnoOf(last.error) ?? '')) {
        if (last.ok || last.reason !== 'exhausted') exhausted.gotPort(to, from);
        return last.ok ? this.checked(last) : last;
      }
      exhausted.foundNone(to, from, performance.now());
      if (this.cancelled) return gaveUp;
    }
    return last;
  }

  /** Both ends of a connection can show what the guard could not know before. */
  private checked(connected: { readonly ok: true; readonly leg: Leg }): TargetDialed<Leg> {
    const { guard, drop } = this.dialer;
    if (!guard.watches(this.target.port)) return connected;
    const { leg } = connected;
    const why = guard.checkConnected(leg.local, leg.remote, this.target);
    if (why === undefined) return connected;
    drop(leg);
    return { ok: false, reason: 'loop', error: new Error(why) };
  }
}

const gaveUp = { ok: false, reason: 'cancelled' } as const;

/** One for all: where ports run out, it is used thousands of times a second. */
const justExhausted = {
  ok: false,
  reason: 'exhausted',
  error: new Error(
    'Cannot dial: no local port was free towards this target a moment ago, or no address of dialFrom was there',
  ),
} as const;

/** What a dial has shown of the address. A refusal is an answer. */
function answerOf<Leg extends Connection>(dialed: TargetDialed<Leg>): DialAnswer {
  if (dialed.ok || dialed.reason === 'refused') return 'answered';
  return dialed.reason === 'dial timed out' || dialed.reason === 'unreachable' ? 'silent' : 'unknown';
}
