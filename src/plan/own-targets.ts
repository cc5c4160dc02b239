import { formatEndpoint } from '../base/address.ts';
import { hostAddress } from '../base/cidr.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import type { MachineFacts } from '../base/machine-facts.ts';
import { beyondNat64, isLocalhost } from '../base/special-addresses.ts';
import { eachHost } from './host-set.ts';
import { type ListenerGroup, listensOn, type ServiceGroup, titleOf } from './listener-group.ts';
import type { PlannedTarget } from './plan.ts';
import type { PortOwners } from './port-owners.ts';

/*
 * A target that is a listener of this very gateway: each connection would lead to the next, until no descriptor is left.
 */

/** Says which of our own listeners a target is, if any. */
export function ownTarget({ host, port }: PlannedTarget, owners: PortOwners, facts: MachineFacts): string | undefined {
  for (const address of addressesOf(host)) {
    const owner = listenerAt(address, owners.on(port), facts);
    if (owner !== undefined) return `this gateway's own listener (${titleOf(owner)})`;
  }
  return undefined;
}

/** Says what is wrong with a service one of whose hosts is a listener of ours. */
export function ownHost(service: ServiceGroup, owners: PortOwners, facts: MachineFacts): string | undefined {
  const { subnet } = service;
  const listening = owners.on(service.port);
  if (subnet === undefined || listening.length === 0) return undefined;
  for (const n of eachHost(service.hosts, Number.POSITIVE_INFINITY)) {
    const address = hostAddress(subnet, n);
    const owner = listenerAt(address, listening, facts);
    if (owner !== undefined) {
      return `Cannot map ${service.name} to host ${n}: ${formatEndpoint(address, service.port)} is this gateway's own listener (${titleOf(owner)}); choose another port, or leave the host out with --skip ${n}`;
    }
  }
  return undefined;
}

function listenerAt(
  address: string,
  listening: readonly ListenerGroup[],
  facts: MachineFacts,
): ListenerGroup | undefined {
  // Also an address that we bind and the machine does not have now: a standby's (ip_nonlocal_bind, ip(7)).
  const bound = listening.find((group) => group.addresses.some((one) => one.address === address));
  return bound ?? (isOwn(address, facts) ? listening.find((group) => listensOn(group, address)) : undefined);
}

/** The addresses that a host as written leads to; none for a name, whose addresses are seen when it is dialed. */
function addressesOf(host: string): readonly string[] {
  if (isLocalhost(host)) return ['127.0.0.1', '::1'];
  const ip = parseIp(host);
  return ip === undefined ? [] : [formatIp(beyondNat64(ip))];
}

/** Whether this machine has the address, as far as its facts tell. */
export function isOwn(address: string, facts: MachineFacts): boolean {
  if (address === '127.0.0.1' || address === '::1') return true;
  // Linux has the whole network on its loopback interface; others only the addresses they are told.
  if (facts.platform === 'linux' && address.startsWith('127.')) return true;
  return facts.addresses.some((own) => own.address === address);
}
