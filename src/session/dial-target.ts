import { performance } from 'node:perf_hooks';
import { isLiteral } from '../base/address.ts';
import type { Dial, Dialed, Engine, Leg } from '../engine/engine.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import type { Resolved, Resolver } from '../upstream/resolver.ts';

/** What came of dialing a target, by all its addresses. */
export type TargetDialed =
  | { readonly ok: true; readonly leg: Leg }
  | { readonly ok: false; readonly reason: DialTargetFailure; readonly error?: Error };

type DialTargetFailure = Extract<Dialed, { ok: false }>['reason'] | 'lookup failed';

/**
 * One dial of a target: look its name up, then walk the addresses. Each address gets an equal share of the time that
 * is left, so that one that swallows packets does not use up the turn of the others; lookup time counts.
 */
export class TargetDial {
  readonly done: Promise<TargetDialed>;
  private readonly engine: Engine;
  private readonly resolver: Resolver;
  /** Milliseconds for all of it. */
  private readonly timeout: number;
  private attempt: Dial | null = null;
  private cancelled = false;
  private stopLookup: ((outcome: 'cancelled') => void) | null = null;

  constructor(target: PlannedTarget, engine: Engine, resolver: Resolver, timeout: number) {
    this.engine = engine;
    this.resolver = resolver;
    this.timeout = timeout;
    this.done = isLiteral(target.host) ? this.dialAddress(target.host, target.port, timeout) : this.dialName(target);
  }

  /** Gives up; `done` resolves with `cancelled`. */
  cancel(): void {
    this.cancelled = true;
    this.attempt?.cancel();
    this.stopLookup?.('cancelled');
  }

  private dialAddress(address: string, port: number, timeout: number): Promise<Dialed> {
    this.attempt = this.engine.dial({ address, port }, { timeout });
    return this.attempt.done;
  }

  private async dialName(target: PlannedTarget): Promise<TargetDialed> {
    const deadline = performance.now() + this.timeout;
    const resolved = await this.lookUp(target.host);
    if (resolved === 'cancelled' || resolved === 'dial timed out') return { ok: false, reason: resolved };
    if (!resolved.ok) return { ok: false, reason: 'lookup failed', error: resolved.error };

    let last: TargetDialed = { ok: false, reason: 'lookup failed' };
    for (const [index, address] of resolved.addresses.entries()) {
      const left = deadline - performance.now();
      if (left <= 0) return { ok: false, reason: 'dial timed out' };
      last = await this.dialAddress(address, target.port, left / (resolved.addresses.length - index));
      if (last.ok || this.cancelled) return last;
    }
    return last;
  }

  /** The lookup itself cannot be stopped (getaddrinfo(3)); waiting for it can. */
  private async lookUp(host: string): Promise<Resolved | 'cancelled' | 'dial timed out'> {
    let timer: NodeJS.Timeout | undefined;
    const stopped = new Promise<'cancelled' | 'dial timed out'>((resolve) => {
      this.stopLookup = resolve;
      timer = setTimeout(resolve, this.timeout, 'dial timed out');
    });
    try {
      return await Promise.race([this.resolver.resolve(host), stopped]);
    } finally {
      clearTimeout(timer);
    }
  }
}
