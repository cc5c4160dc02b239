import { lookup as systemLookup } from 'node:dns/promises';

/** The addresses of a name in the order to try them, or the error of the lookup. */
export type Resolved =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly error: Error };

export type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>;

// `verbatim`: the order of getaddrinfo(3), which already ranks addresses by RFC 6724.
const systemAddresses: Lookup = (host) => systemLookup(host, { all: true, order: 'verbatim' });

/**
 * Looks names up as the system does (hosts file, DNS), anew at each dial so that a changed record is followed, but
 * with one lookup in flight per name: getaddrinfo(3) occupies one of libuv's four threads, and a slow name server
 * must not be asked a thousand times at once.
 */
export class Resolver {
  private readonly inFlight = new Map<string, Promise<Resolved>>();
  private readonly lookup: Lookup;

  constructor(lookup: Lookup = systemAddresses) {
    this.lookup = lookup;
  }

  resolve(host: string): Promise<Resolved> {
    const running = this.inFlight.get(host);
    if (running !== undefined) return running;
    const started = this.ask(host).finally(() => this.inFlight.delete(host));
    this.inFlight.set(host, started);
    return started;
  }

  private async ask(host: string): Promise<Resolved> {
    try {
      const found = await this.lookup(host);
      return { ok: true, addresses: found.map(({ address }) => address) };
    } catch (cause) {
      return { ok: false, error: cause instanceof Error ? cause : new Error(String(cause)) };
    }
  }
}
