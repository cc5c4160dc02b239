import { formatEndpoint } from '../base/address.ts';
import { hostAddress } from '../base/cidr.ts';
import type { Host } from '../base/host.ts';
import { formatIp, type Ip, ipOf, parseIp } from '../base/ip.ts';
import { IpSet } from '../base/ip-set.ts';
import type { MachineFacts } from '../base/machine-facts.ts';
import { isLocalhost, isLoopback, meanings } from '../base/special-addresses.ts';
import { eachHost } from './host-set.ts';
import { type ListenerGroup, listensOn, type ServiceGroup, titleOf } from './listener-group.ts';
import type { PlannedTarget } from './plan.ts';
import type { PortOwners } from './port-owners.ts';

/*
 * A target that is a listener of this very gateway: each connection would lead to the next, until no descriptor is
 * left.
 */

/** What is known of this machine's own addresses when a plan is made. */
export class KnownAddresses {
  private readonly platform: string;
  private readonly local: IpSet;
  private readonly elsewhere: IpSet;

  /** `publicAddresses`: those that lead here by NAT. */
  constructor({ platform, addresses, localNetworks }: MachineFacts, publicAddresses: readonly string[]) {
    this.platform = platform;
    this.local = new IpSet([...addresses.map(({ address }) => address), ...localNetworks]);
    this.elsewhere = new IpSet(publicAddresses);
  }

  isLocal(ip: Ip): boolean {
    if (ip === loopbackIpv4 || ip === 1n) return true;
    // Linux has the whole network on its loopback interface; other systems have the configured addresses only.
    if (this.platform === 'linux' && isLoopback(ip)) return true;
    return this.local.has(ip);
  }

  isPublic(ip: Ip): boolean {
    return this.elsewhere.has(ip);
  }
}

const loopbackIpv4 = 0x7f00_0001;

/** Which of our own listeners a target is; `undefined`: none. */
export function ownTarget(target: PlannedTarget, owners: PortOwners, own: KnownAddresses): string | undefined {
  for (const ip of addressesOf(target)) {
    const owner = listenerAt(ip, owners.on(target.port), own);
    if (owner !== undefined) return `this gateway's own listener (${titleOf(owner)})`;
  }
  return undefined;
}

/** The problem of a service that maps a host to a listener of ours; `undefined`: none. */
export function ownHost(service: ServiceGroup, owners: PortOwners, own: KnownAddresses): string | undefined {
  const { subnet } = service;
  const listening = owners.on(service.port);
  if (subnet === undefined || listening.length === 0) return undefined;
  for (const n of eachHost(service.hosts, Number.POSITIVE_INFINITY)) {
    const owner = listenerAt(subnet.network + n, listening, own);
    if (owner !== undefined) {
      const target = formatEndpoint(hostAddress(subnet, n), service.port);
      const what = `${target} is this gateway's own listener (${titleOf(owner)})`;
      const advice = `choose another port, or leave the host out with --skip ${n}`;
      return `Cannot map ${service.name} to host ${n}: ${what}; ${advice}`;
    }
  }
  return undefined;
}

function listenerAt(ip: Ip, listening: readonly ListenerGroup[], own: KnownAddresses): ListenerGroup | undefined {
  if (listening.length === 0) return undefined;
  const address = formatIp(ip);
  // Also a bound address that the machine does not have now: a standby's (ip_nonlocal_bind, ip(7)).
  const bound = listening.find((group) => group.addresses.some((one) => one.address === address));
  if (bound !== undefined) return bound;
  if (own.isLocal(ip)) return listening.find((group) => listensOn(group, address));
  // Which of our addresses a public one leads to is not known here.
  return own.isPublic(ip) ? listening.find(listensBeyondLoopback) : undefined;
}

function listensBeyondLoopback({ addresses }: ListenerGroup): boolean {
  return addresses.some(({ address }) => {
    const ip = parseIp(address);
    return ip !== undefined && !isLoopback(ip);
  });
}

/** The addresses that a host leads to. Those of a name are checked when it is dialed. */
function addressesOf(host: Host): readonly Ip[] {
  if ('address' in host) return meanings(ipOf(host.address));
  return isLocalhost(host.name) ? [loopbackIpv4, 1n] : [];
}
