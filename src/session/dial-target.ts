import { performance } from 'node:perf_hooks';
import { type Endpoint, isLiteral } from '../base/address.ts';
import type { Dial, Dialed, Engine, Leg } from '../engine/engine.ts';
import type { TargetGuards } from '../plan/target-guard.ts';
import type { Resolved, Resolver } from '../upstream/resolver.ts';

/** What came of dialing a target, by all its addresses. */
export type TargetDialed =
  | { readonly ok: true; readonly leg: Leg }
  | { readonly ok: false; readonly reason: DialTargetFailure; readonly error?: Error };

/** What it takes to dial a target. */
export interface DialHouse extends TargetGuards {
  readonly engine: Engine;
  readonly resolver: Resolver;
}

type DialTargetFailure = Extract<Dialed, { ok: false }>['reason'] | 'lookup failed' | 'loop';

/**
 * One dial of a target: look its name up, then walk the addresses. Each address gets an equal share of the time that
 * is left, so that one that swallows packets does not use up the turn of the others; lookup time counts. An address that a name must not lead
 * to is passed over.
 */
export class TargetDial {
  readonly done: Promise<TargetDialed>;
  private readonly house: DialHouse;
  /** Milliseconds for all of it. */
  private readonly timeout: number;
  private attempt: Dial | null = null;
  private cancelled = false;
  private stopLookup: ((outcome: 'cancelled') => void) | null = null;

  constructor(target: Endpoint, house: DialHouse, timeout: number) {
    this.house = house;
    this.timeout = timeout;
    this.done = isLiteral(target.host) ? this.dialLiteral(target) : this.dialName(target);
  }

  /** Gives up; `done` resolves with `cancelled`. */
  cancel(): void {
    this.cancelled = true;
    this.attempt?.cancel();
    this.stopLookup?.('cancelled');
  }

  /** The plan has judged it; but the machine may have got that very address since. */
  private dialLiteral({ host, port }: Endpoint): Promise<TargetDialed> {
    const why = this.house.guard(host, port, host);
    if (why === undefined) return this.dialAddress(host, port, host, this.timeout);
    return Promise.resolve({ ok: false, reason: 'loop', error: new Error(why) });
  }

  private dialAddress(address: string, port: number, host: string, timeout: number): Promise<TargetDialed> {
    const attempt = this.house.engine.dial({ address, port }, { timeout });
    this.attempt = attempt;
    if (!this.house.connected.watches(port)) return attempt.done;
    return attempt.done.then((dialed) => this.connected(dialed, host));
  }

  /** What the guard could not know beforehand shows in the connection itself. */
  private connected(dialed: Dialed, host: string): TargetDialed {
    if (!dialed.ok) return dialed;
    const { leg } = dialed;
    const why = this.house.connected.check(leg.local, leg.remote, host);
    if (why === undefined) return dialed;
    this.house.engine.close(leg, 'rst');
    return { ok: false, reason: 'loop', error: new Error(why) };
  }

  private async dialName(target: Endpoint): Promise<TargetDialed> {
    const deadline = performance.now() + this.timeout;
    const resolved = await this.lookUp(target.host);
    if (resolved === 'cancelled' || resolved === 'dial timed out') return { ok: false, reason: resolved };
    if (!resolved.ok) return { ok: false, reason: 'lookup failed', error: resolved.error };

    const { allowed, why } = this.guarded(resolved.addresses, target);
    let last: TargetDialed = {
      ok: false,
      reason: 'lookup failed',
      ...(why !== undefined && { error: new Error(why) }),
    };
    for (const [index, address] of allowed.entries()) {
      const left = deadline - performance.now();
      if (left <= 0) return { ok: false, reason: 'dial timed out' };
      last = await this.dialAddress(address, target.port, target.host, left / (allowed.length - index));
      if (last.ok || this.cancelled) return last;
    }
    return last;
  }

  /** The addresses that may be dialed, and why not one of the others. */
  private guarded(addresses: readonly string[], { host, port }: Endpoint) {
    let why: string | undefined;
    const allowed = addresses.filter((address) => {
      const hindrance = this.house.guard(address, port, host);
      why ??= hindrance;
      return hindrance === undefined;
    });
    return { allowed, why };
  }

  /** The lookup itself cannot be stopped (getaddrinfo(3)); waiting for it can. */
  private async lookUp(host: string): Promise<Resolved | 'cancelled' | 'dial timed out'> {
    let timer: NodeJS.Timeout | undefined;
    const stopped = new Promise<'cancelled' | 'dial timed out'>((resolve) => {
      this.stopLookup = resolve;
      timer = setTimeout(resolve, this.timeout, 'dial timed out');
    });
    try {
      return await Promise.race([this.house.resolver.resolve(host), stopped]);
    } finally {
      clearTimeout(timer);
    }
  }
}
