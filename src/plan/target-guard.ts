import { performance } from 'node:perf_hooks';
import { formatEndpoint, isLiteral } from '../base/address.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import { broadcastOf, type OwnAddress, readOwnAddresses } from '../base/machine-facts.ts';
import { beyondNat64, forbiddenTarget, isLocalhost, isLoopback } from '../base/special-addresses.ts';
import { covers } from './bind-addresses.ts';
import type { Plan, PlannedListener } from './plan.ts';

/**
 * Says why an address that a dial is about to go to must not be dialed, as a sentence for the log; `undefined` where it
 * may be. `host` is what the configuration says. A literal has been judged by the plan, save that an address may have
 * become this machine's own since: so it is looked at again where its port is one that we listen on.
 */
export type TargetGuard = (address: string, port: number, host: string) => string | undefined;

/** What the machine's own addresses are read with, and by which clock they grow old: milliseconds that never go back. */
interface GuardOptions {
  readonly readAddresses?: (() => readonly OwnAddress[]) | undefined;
  readonly clock?: (() => number) | undefined;
}

/** Addresses come with DHCP, and move between machines (VRRP): older than so many milliseconds, they are read again. */
const freshFor = 5000;

/**
 * Keeps names from leading to where no configuration may: the plan cannot know what a name means, and whoever answers
 * for it may change that (DNS rebinding).
 */
export function targetGuard(plan: Plan, options: GuardOptions = {}): TargetGuard {
  const byPort = new Map<number, PlannedListener[]>();
  for (const listener of plan.listeners) {
    const { port } = listener.bind;
    const here = byPort.get(port);
    if (here === undefined) byPort.set(port, [listener]);
    else here.push(listener);
  }
  const own = ownAddresses(plan, options);

  const ownListener = (address: string, port: number, loopback: boolean): string | undefined => {
    const here = byPort.get(port);
    if (here === undefined) return undefined;
    const ours = loopback || own().addresses.has(address);
    const listener = here.find(({ bind }) => bind.address === address || (ours && covers(bind, address)));
    return listener && `this gateway's own listener (${listener.rules})`;
  };
  const what = (written: string, port: number, host: string): string | undefined => {
    const ip = parseIp(written);
    if (ip === undefined) return 'no address';
    const address = formatIp(beyondNat64(ip));
    const loopback = isLoopback(ip);
    if (isLiteral(host)) return ownListener(address, port, loopback);
    const forbidden = forbiddenTarget(ip);
    if (forbidden !== undefined) return forbidden;
    if (loopback && !isLocalhost(host)) return 'a loopback address, which only localhost may lead to';
    const network = own().broadcasts.get(address);
    return network === undefined
      ? ownListener(address, port, loopback)
      : `the broadcast address of the network of ${network}`;
  };
  return (address, port, host) => {
    if (!byPort.has(port) && isLiteral(host)) return undefined;
    const found = what(address, port, host);
    if (found === undefined) return undefined;
    const endpoint = formatEndpoint(address, port);
    return isLiteral(host)
      ? `Cannot dial ${endpoint}: that is ${found}; name another target`
      : `Cannot dial ${host}: it leads to ${endpoint}, ${found}; name another target`;
  };
}

interface OwnNow {
  readonly addresses: ReadonlySet<string>;
  /** The interface of each broadcast address. */
  readonly broadcasts: ReadonlyMap<string, string>;
}

/** What this machine has now, at most `freshFor` old; what it had at start, where it cannot be read. */
function ownAddresses(
  plan: Plan,
  { readAddresses = readOwnAddresses, clock = () => performance.now() }: GuardOptions,
): () => OwnNow {
  let read = Number.NEGATIVE_INFINITY;
  let known: OwnNow = { addresses: new Set(plan.ownAddresses), broadcasts: new Map() };
  return () => {
    const now = clock();
    if (now - read < freshFor) return known;
    read = now;
    const found = readAddresses();
    if (found.length === 0) return known;
    const addresses = new Set(found.map(({ address }) => address));
    const broadcasts = found.flatMap((own): [string, string][] => {
      const broadcast = broadcastOf(own);
      return broadcast === undefined ? [] : [[broadcast, own.interface]];
    });
    known = { addresses, broadcasts: new Map(broadcasts) };
    return known;
  };
}
