import { performance } from 'node:perf_hooks';
import { formatEndpoint } from '../base/address.ts';

/** Milliseconds for which an address that has not answered is tried last. */
const triedLastFor = 60_000;
/** Addresses that are remembered at most. The one that was marked first is forgotten first. */
const mostRemembered = 1_024;

/** What a dial has shown of an address. `unknown`: nothing, for example as it was cancelled. */
export type DialAnswer = 'answered' | 'silent' | 'unknown';

/**
 * Remembers which addresses of names did not answer a dial. So a dead address of a name takes its share of the dial
 * time once a minute, not from each session. An address is remembered with its port: a firewall may drop one port
 * alone.
 */
export class SilentAddresses {
  private readonly until = new Map<string, number>();
  private readonly clock: () => number;

  /** @param clock milliseconds that never go back */
  constructor(clock: () => number = () => performance.now()) {
    this.clock = clock;
  }

  /**
   * The addresses in the order to dial them: those that were silent within the last minute come last. Where the first
   * one has been silent before, this caller alone tries it. For others it stays silent for another minute, unless it
   * answers.
   */
  order(addresses: readonly string[], port: number): readonly string[] {
    if (this.until.size === 0 || addresses.length < 2) return addresses;
    const now = this.clock();
    const untilOf = (address: string): number | undefined => this.until.get(formatEndpoint(address, port));
    const silent = addresses.filter((address) => now < (untilOf(address) ?? 0));
    const others = addresses.filter((address) => !silent.includes(address));
    const [first] = others;
    if (first !== undefined && untilOf(first) !== undefined) this.mark(first, port);
    return silent.length === 0 ? addresses : [...others, ...silent];
  }

  /**
   * An address of several was dialed.
   *
   * @param time `share`: milliseconds that it had; `fair`: an equal share of the whole dial time. Where a slow lookup
   *   left it less than half of that, its silence proves nothing
   */
  dialed(
    address: string,
    port: number,
    answer: DialAnswer,
    { share, fair }: { readonly share: number; readonly fair: number },
  ): void {
    if (answer === 'answered') this.until.delete(formatEndpoint(address, port));
    else if (answer === 'silent' && share >= fair / 2) this.mark(address, port);
  }

  private mark(address: string, port: number): void {
    const endpoint = formatEndpoint(address, port);
    // The last in the map is the one that was silent last.
    this.until.delete(endpoint);
    this.until.set(endpoint, this.clock() + triedLastFor);
    for (const oldest of this.until.keys()) {
      if (this.until.size <= mostRemembered) return;
      this.until.delete(oldest);
    }
  }
}
