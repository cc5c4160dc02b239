import { performance } from 'node:perf_hooks';
import type { SocketAddress } from '../base/address.ts';
import { errnoOf } from '../base/errors.ts';
import { isPortShortage } from '../base/exhausted.ts';
import type { Dial, Dialed, Engine } from '../engine/engine.ts';
import type { DialSources } from '../upstream/dial-sources.ts';
import type { ExhaustedTargets } from '../upstream/exhausted-targets.ts';

/** What it takes to dial an address. */
export interface AddressDialDeps {
  readonly engine: Engine;
  readonly exhausted: ExhaustedTargets;
}

/**
 * One dial of a literal address, from the addresses that `dialFrom` names: where one has no port left towards it, or is
 * not this machine's any more, the next is tried. None is tried again at once where ports have just run out.
 */
export class AddressDial implements Dial {
  readonly done: Promise<Dialed>;
  private attempt: Dial | null = null;
  private state: 'wanted' | 'cancelled' = 'wanted';

  /** `timeout` in milliseconds: a dial that finds no port takes none of it. */
  constructor(to: SocketAddress, { engine, exhausted }: AddressDialDeps, timeout: number, sources: DialSources) {
    this.done = this.dial(to, engine, exhausted, timeout, sources);
  }

  /** Gives up; `done` resolves with `cancelled`, unless the dial has succeeded in this very turn. */
  cancel(): void {
    this.state = 'cancelled';
    this.attempt?.cancel();
  }

  private async dial(
    to: SocketAddress,
    engine: Engine,
    exhausted: ExhaustedTargets,
    timeout: number,
    sources: DialSources,
  ): Promise<Dialed> {
    let last: Dialed = justExhausted;
    for (const from of sources.order(to.address)) {
      if (!exhausted.mayDial(to, from, performance.now())) continue;
      this.attempt = engine.dial(to, { timeout, from });
      last = await this.attempt.done;
      if (last.ok || !isPortShortage(errnoOf(last.error) ?? '')) {
        if (last.ok || last.reason !== 'exhausted') exhausted.gotPort(to, from);
        return last;
      }
      exhausted.foundNone(to, from, performance.now());
      if (this.state === 'cancelled') return { ok: false, reason: 'cancelled' };
    }
    return last;
  }
}

/** One for all: it is made thousands of times a second where ports run out. */
const justExhausted: Dialed = {
  ok: false,
  reason: 'exhausted',
  error: new Error(
    'Cannot dial: no local port was free towards this target a moment ago, or no address of dialFrom was there',
  ),
};
