import { lookup as systemLookup } from 'node:dns/promises';
import { performance } from 'node:perf_hooks';
import { lookupsAtOnce } from '../base/thread-pool.ts';
import { checkPhaseTimer } from './check-phase-timer.ts';
import {
  KnownName,
  type LookedUpBy,
  type Lookup,
  type LookupEvent,
  type NameContext,
  type Resolved,
} from './known-name.ts';
import { LookupQueue } from './lookup-queue.ts';
import { SilentAddresses } from './silent-addresses.ts';

export type { Lookup } from './known-name.ts';

// `verbatim`: the order of getaddrinfo(3), which already ranks addresses by RFC 6724.
const systemAddresses: Lookup = (host) => systemLookup(host, { all: true, order: 'verbatim' });

/** Names that are remembered at most. The name that was needed least recently is forgotten first. */
const mostNames = 4_096;
const hour = 3_600_000;

/** A wait for the addresses of a name. The lookup itself cannot be stopped (getaddrinfo(3)); waiting for it can. */
export interface Resolving {
  readonly done: Promise<Resolved | 'cancelled'>;
  /** Gives up; `done` resolves with `cancelled`. */
  cancel(): void;
}

/**
 * Looks names up as the system does (hosts file, DNS). One lookup per name runs at a time, and all sessions and checks
 * share it. `LookupQueue` decides which lookups may run, and `KnownName` what serves while one hangs.
 */
export class Resolver {
  /** Which addresses of names did not answer when they were dialed. */
  readonly silentAddresses: SilentAddresses;
  private readonly names = new Map<string, KnownName>();
  private readonly context: NameContext;
  private readonly places: number;

  /**
   * @param options `places`: lookups that run at once; `stale`: milliseconds for which the last good answer may serve
   *   while a lookup hangs; `clock`: milliseconds that never go back
   */
  constructor(
    lookup: Lookup = systemAddresses,
    options: {
      readonly places?: number | undefined;
      readonly stale?: number | undefined;
      readonly clock?: (() => number) | undefined;
      readonly onEvent?: ((event: LookupEvent) => void) | undefined;
    } = {},
  ) {
    const { places = lookupsAtOnce(), stale = hour, clock = () => performance.now(), onEvent = () => {} } = options;
    this.places = places;
    this.silentAddresses = new SilentAddresses(clock);
    this.context = { lookup, queue: new LookupQueue(places), stale, clock, onEvent };
  }

  /** As the constructor's. Answers that are known already, and lookups under way, go by it, too. */
  update({ stale }: { readonly stale: number }): void {
    this.context.stale = stale;
  }

  /**
   * The addresses of `host`, looked up now.
   *
   * @param timeout milliseconds to wait; then the outcome is `lookup timed out`, or `lookup not started` where the
   *   lookup had no place until then
   */
  resolve(host: string, timeout: number, by: LookedUpBy = 'session'): Resolving {
    const name = this.nameOf(host);
    let end: (resolved: Resolved | 'cancelled') => void = () => {};
    const done = new Promise<Resolved | 'cancelled'>((resolve) => {
      end = resolve;
    });
    const cancelTimer = checkPhaseTimer(timeout, () => {
      giveUp();
      end(this.late(host, timeout, name.waiting));
    });
    const giveUp = name.need(by, (resolved) => {
      cancelTimer();
      end(resolved);
    });
    return {
      done,
      cancel() {
        cancelTimer();
        giveUp();
        end('cancelled');
      },
    };
  }

  private late(host: string, timeout: number, waiting: boolean): Resolved {
    const within = `within ${Math.round(timeout)} ms`;
    const why = waiting
      ? `other lookups took all of ${this.places} places, and hung; check that this machine's name servers answer`
      : `no answer from a name server ${within}; check that this machine's name servers answer`;
    const error = new Error(`Cannot look up ${host}: ${why}`);
    return { ok: false, reason: waiting ? 'lookup not started' : 'lookup timed out', error };
  }

  private nameOf(host: string): KnownName {
    const known = this.names.get(host);
    if (known === undefined && this.names.size >= mostNames) this.forgetOne();
    const name = known ?? new KnownName(host, this.context);
    // The last in the map is the one that was needed last.
    this.names.delete(host);
    this.names.set(host, name);
    return name;
  }

  private forgetOne(): void {
    for (const [host, name] of this.names) {
      if (!name.idle) continue;
      this.names.delete(host);
      return;
    }
  }
}
