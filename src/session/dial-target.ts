import { performance } from 'node:perf_hooks';
import { type Endpoint, isLiteral } from '../base/address.ts';
import type { Dial, Dialed, Leg } from '../engine/engine.ts';
import type { TargetGuards } from '../plan/target-guard.ts';
import type { DialSources } from '../upstream/dial-sources.ts';
import type { Resolver, Resolving } from '../upstream/resolver.ts';
import type { DialAnswer } from '../upstream/silent-addresses.ts';
import { AddressDial, type AddressDialDeps } from './dial-address.ts';

/** What came of dialing a target, by all its addresses. */
export type TargetDialed =
  | { readonly ok: true; readonly leg: Leg }
  | { readonly ok: false; readonly reason: DialTargetFailure; readonly error?: Error };

/** What it takes to dial a target. */
export interface DialContext extends AddressDialDeps, TargetGuards {
  readonly resolver: Resolver;
}

type DialTargetFailure = Extract<Dialed, { ok: false }>['reason'] | 'lookup failed' | 'lookup timed out' | 'loop';

/**
 * One dial of a target: look its name up, then walk the addresses. Each address gets an equal share of the time that
 * is left, so that one that swallows packets does not use up the turn of the others; lookup time counts. An address
 * that a name must not lead to is passed over, and one that has not answered lately comes last (`SilentAddresses`).
 */
export class TargetDial {
  readonly done: Promise<TargetDialed>;
  private readonly context: DialContext;
  /** Milliseconds for all of it. */
  private readonly timeout: number;
  private readonly sources: DialSources;
  private attempt: Dial | null = null;
  private cancelled = false;
  private lookup: Resolving | null = null;

  /** `sources`: the addresses to dial from. */
  constructor(target: Endpoint, context: DialContext, timeout: number, sources: DialSources) {
    this.context = context;
    this.sources = sources;
    this.timeout = timeout;
    this.done = isLiteral(target.host) ? this.dialLiteral(target) : this.dialName(target);
  }

  /** Gives up; `done` resolves with `cancelled`. */
  cancel(): void {
    this.cancelled = true;
    this.attempt?.cancel();
    this.lookup?.cancel();
  }

  /** The plan has judged it; but the machine may have got that very address since. */
  private dialLiteral({ host, port }: Endpoint): Promise<TargetDialed> {
    const why = this.context.guard(host, port, host);
    if (why === undefined) return this.dialAddress(host, port, host, this.timeout);
    return Promise.resolve({ ok: false, reason: 'loop', error: new Error(why) });
  }

  private dialAddress(address: string, port: number, host: string, timeout: number): Promise<TargetDialed> {
    const attempt = new AddressDial({ address, port }, this.context, timeout, this.sources);
    this.attempt = attempt;
    if (!this.context.connected.watches(port)) return attempt.done;
    return attempt.done.then((dialed) => this.connected(dialed, host));
  }

  /** What the guard could not know beforehand shows in the connection itself. */
  private connected(dialed: Dialed, host: string): TargetDialed {
    if (!dialed.ok) return dialed;
    const { leg } = dialed;
    const why = this.context.connected.check(leg.local, leg.remote, host);
    if (why === undefined) return dialed;
    this.context.engine.close(leg, 'rst');
    return { ok: false, reason: 'loop', error: new Error(why) };
  }

  private async dialName(target: Endpoint): Promise<TargetDialed> {
    const deadline = performance.now() + this.timeout;
    this.lookup = this.context.resolver.resolve(target.host, this.timeout);
    const resolved = await this.lookup.done;
    if (resolved === 'cancelled' || this.cancelled) return { ok: false, reason: 'cancelled' };
    if (!resolved.ok) {
      const reason = resolved.reason === 'not asked' ? 'lookup timed out' : resolved.reason;
      return { ok: false, reason, error: resolved.error };
    }

    const { allowed, why } = this.guarded(resolved.addresses, target);
    let last: TargetDialed = {
      ok: false,
      reason: 'lookup failed',
      ...(why !== undefined && { error: new Error(why) }),
    };
    const { silentAddresses } = this.context.resolver;
    const addresses = silentAddresses.order(allowed, target.port);
    for (const [index, address] of addresses.entries()) {
      const left = deadline - performance.now();
      if (left <= 0) return { ok: false, reason: index === 0 ? 'lookup timed out' : 'dial timed out' };
      const share = left / (addresses.length - index);
      last = await this.dialAddress(address, target.port, target.host, share);
      if (addresses.length > 1) {
        silentAddresses.dialed(address, target.port, answerOf(last), { share, fair: this.timeout / addresses.length });
      }
      if (last.ok || this.cancelled) return last;
    }
    return last;
  }

  /** The addresses that may be dialed, and why not one of the others. */
  private guarded(addresses: readonly string[], { host, port }: Endpoint) {
    let why: string | undefined;
    const allowed = addresses.filter((address) => {
      const hindrance = this.context.guard(address, port, host);
      why ??= hindrance;
      return hindrance === undefined;
    });
    return { allowed, why };
  }
}

/** What an address has shown of itself by this outcome of a dial. */
function answerOf(dialed: TargetDialed): DialAnswer {
  if (dialed.ok || dialed.reason === 'refused') return 'answered';
  return dialed.reason === 'dial timed out' || dialed.reason === 'unreachable' ? 'silent' : 'unknown';
}
