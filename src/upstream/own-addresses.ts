import { performance } from 'node:perf_hooks';
import type { Ip } from '../base/ip.ts';
import { IpSet } from '../base/ip-set.ts';
import { fewRoutes, readLocalNetworks } from '../base/local-networks.ts';
import { broadcastOf, type OwnAddress, readOwnAddresses } from '../base/machine-facts.ts';
import { isLoopback } from '../base/special-addresses.ts';
import type { Plan } from '../plan/plan.ts';

/** Where the addresses come from. `clock`: milliseconds that never go back. */
interface OwnAddressesOptions {
  readonly readAddresses?: (() => readonly OwnAddress[]) | undefined;
  readonly readNetworks?: (() => readonly string[]) | undefined;
  readonly clock?: (() => number) | undefined;
}

/** Milliseconds until addresses are read again: they come with DHCP, and move between machines (VRRP). */
const freshFor = 5000;
/** Slow reads are rarer: they take a 500th of the time at most. */
const leastBetween = 500;

/**
 * The present addresses of this machine: what the kernel routes as local, and the public addresses of the plan. They
 * are read when one is looked up, every five seconds at most. Where nothing can be read, those of the plan hold.
 */
export class OwnAddresses {
  private publicAddresses: readonly string[];
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

  /** Takes the addresses of another plan; the next look-up reads those of this machine again. */
  update(plan: Pick<Plan, 'ownAddresses' | 'publicAddresses'>): void {
    this.publicAddresses = plan.publicAddresses;
    this.known = new IpSet([...plan.ownAddresses, ...plan.publicAddresses]);
    this.forget();
  }

  has(ip: Ip): boolean {
    return this.now().known.has(ip);
  }

  /** Whether it is an address at which other machines may reach this one, so not loopback. */
  hasBeyondLoopback(ip: Ip): boolean {
    return !isLoopback(ip) && this.has(ip);
  }

  /** The interface in whose network this is the broadcast address. */
  networkOfBroadcast(address: string): string | undefined {
    return this.now().networks.get(address);
  }

  /** A connection has shown an own address that was not known: the next look-up reads them again. */
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
