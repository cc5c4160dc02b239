import { performance } from 'node:perf_hooks';
import type { Ip } from '../base/ip.ts';
import { IpSet } from '../base/ip-set.ts';
import { fewRoutes, readLocalNetworks } from '../base/local-networks.ts';
import { broadcastOf, type OwnAddress, readOwnAddresses } from '../base/machine-facts.ts';
import { isLoopback } from '../base/special-addresses.ts';
import type { Plan } from './plan.ts';

/** What the machine's own addresses are read with, and by which clock they grow old: milliseconds that never go back. */
interface OwnAddressesOptions {
  readonly readAddresses?: (() => readonly OwnAddress[]) | undefined;
  readonly readNetworks?: (() => readonly string[]) | undefined;
  readonly clock?: (() => number) | undefined;
}

/** Addresses come with DHCP, and move between machines (VRRP): older than so many milliseconds, they are read again. */
const freshFor = 5000;
/** Where reading takes long, it is done the less often: it may take a 500th of the time. */
const leastBetween = 500;

/**
 * The addresses of this machine as they are now: what the kernel routes as local, and the public addresses of the plan.
 * Read when one is looked up, at most every five seconds. What was known at start holds where nothing can be read.
 */
export class OwnAddresses {
  private readonly publicAddresses: readonly string[];
  private readonly readAddresses: () => readonly OwnAddress[];
  private readonly readNetworks: () => readonly string[];
  private readonly clock: () => number;
  private freshUntil = Number.NEGATIVE_INFINITY;
  private known: IpSet;
  private networks: ReadonlyMap<string, string> = new Map();

  constructor(
    plan: Pick<Plan, 'ownAddresses' | 'publicAddresses'>,
    {
      readAddresses = readOwnAddresses,
      readNetworks = () => readLocalNetworks(fewRoutes),
      clock = () => performance.now(),
    }: OwnAddressesOptions = {},
  ) {
    this.publicAddresses = plan.publicAddresses;
    this.readAddresses = readAddresses;
    this.readNetworks = readNetworks;
    this.clock = clock;
    this.known = new IpSet([...plan.ownAddresses, ...plan.publicAddresses]);
  }

  has(ip: Ip): boolean {
    return this.now().known.has(ip);
  }

  /** Whether it is one of ours at which others may reach us: loopback is not. */
  hasBeyondLoopback(ip: Ip): boolean {
    return !isLoopback(ip) && this.has(ip);
  }

  /** The interface in whose network this is the broadcast address. */
  networkOfBroadcast(address: string): string | undefined {
    return this.now().networks.get(address);
  }

  /** An address was found to be ours that was not known: they are read again at the next look-up. */
  forget(): void {
    this.freshUntil = Number.NEGATIVE_INFINITY;
  }

  private now(): this {
    const begun = this.clock();
    if (begun < this.freshUntil) return this;
    const addresses = this.readAddresses();
    const networks = this.readNetworks();
    const ended = this.clock();
    this.freshUntil = ended + Math.max(freshFor, leastBetween * (ended - begun));
    if (addresses.length === 0 && networks.length === 0) return this;
    this.known = new IpSet([...addresses.map(({ address }) => address), ...networks, ...this.publicAddresses]);
    this.networks = new Map(
      addresses.flatMap((own): [string, string][] => {
        const broadcast = broadcastOf(own);
        return broadcast === undefined ? [] : [[broadcast, own.interface]];
      }),
    );
    return this;
  }
}
