import { onTestFinished, vi } from 'vitest';
import type { LookupEvent, Resolved } from '../../src/upstream/known-name.ts';
import { type Lookup, Resolver, type Resolving } from '../../src/upstream/resolver.ts';

interface Started {
  readonly host: string;
  answer(...addresses: string[]): void;
  fail(code: string): void;
}

/** A resolver with a clock of the test's own, over lookups that the test answers. */
export class LookupFixture {
  readonly resolver: Resolver;
  readonly events: LookupEvent[] = [];
  /** Lookups that run, in the order in which they started. */
  readonly running: Started[] = [];
  /** All that ever started. */
  readonly started: string[] = [];

  constructor(options: { readonly places?: number; readonly stale?: number } = {}) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const lookup: Lookup = (host) => {
      this.started.push(host);
      return new Promise((resolve, reject) => {
        const one: Started = {
          host,
          answer: (...addresses) => {
            this.running.splice(this.running.indexOf(one), 1);
            resolve(addresses.map((address) => ({ address })));
          },
          fail: (code) => {
            this.running.splice(this.running.indexOf(one), 1);
            reject(Object.assign(new Error(`getaddrinfo ${code} ${host}`), { code }));
          },
        };
        this.running.push(one);
      });
    };
    this.resolver = new Resolver(lookup, {
      places: options.places ?? 33,
      stale: options.stale,
      clock: () => Date.now(),
      onEvent: (event) => this.events.push(event),
    });
  }

  /** A session that waits for `host` for 5 s. */
  session(host: string, timeout = 5_000): Wait {
    return new Wait(this.resolver.resolve(host, timeout));
  }

  check(host: string, timeout = 5_000): Wait {
    return new Wait(this.resolver.resolve(host, timeout, 'check'));
  }

  lookupOf(host: string): Started {
    const found = this.running.find((one) => one.host === host);
    if (found === undefined) throw new Error(`no lookup of ${host} runs`);
    return found;
  }

  /** Lets milliseconds pass; 0: only what is due. */
  async pass(time: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(time);
    // Timers of the resolver act in the check phase.
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /** A name that was answered in time. */
  async good(host: string, address: string): Promise<void> {
    const wait = this.session(host);
    this.lookupOf(host).answer(address);
    await wait.resolving.done;
  }

  /** Names whose lookups hang for the first time. */
  async hang(...hosts: readonly string[]): Promise<void> {
    for (const host of hosts) this.session(host);
    await this.pass(5_100);
  }
}

/** A wait for a name, and what it has come to so far. */
class Wait {
  readonly resolving: Resolving;
  outcome: Resolved | 'cancelled' | 'none yet' = 'none yet';

  constructor(resolving: Resolving) {
    this.resolving = resolving;
    void resolving.done.then((outcome) => {
      this.outcome = outcome;
    });
  }
}

export const to = (...addresses: string[]): Resolved => ({ ok: true, addresses });

/** `count` names of a kind. */
export function namesOf(kind: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, nth) => `${kind}${nth + 1}.test`);
}
