import { formatEndpoint, parseAddress } from '../base/address.ts';
import { hostAddress } from '../base/cidr.ts';
import type { MachineFacts } from '../base/machine-facts.ts';
import { eachHost } from './host-set.ts';
import { type ListenerGroup, listensOn } from './listener-group.ts';
import type { PortOwners } from './port-owners.ts';

/**
 * Says what is wrong with a group one of whose targets is a listener of this very gateway: each connection would lead
 * to the next, until no descriptor is left. `undefined` where all is well.
 */
export function ownTargets(group: ListenerGroup, owners: PortOwners, facts: MachineFacts): string | undefined {
  const port = group.kind === 'forward' ? group.target.port : group.port;
  const listening = owners.on(port);
  if (listening.length === 0) return undefined;
  const reaches = (address: string) =>
    isOwn(address, facts) ? listening.find((other) => listensOn(other, address)) : undefined;

  if (group.kind === 'forward') {
    const { host } = group.target;
    const other = addressesOf(host).map(reaches).find(Boolean);
    if (other === undefined) return undefined;
    return `Cannot forward ${group.name} to ${formatEndpoint(host, port)}: that is this gateway's own listener (${other.kind} ${other.name}); name another target`;
  }
  for (const n of eachHost(group.hosts, Number.POSITIVE_INFINITY)) {
    const address = hostAddress(group.subnet, n);
    const other = reaches(address);
    if (other !== undefined) {
      return `Cannot map ${group.name} to host ${n}: ${formatEndpoint(address, port)} is this gateway's own listener (${other.kind} ${other.name}); choose another port, or leave the host out with --skip ${n}`;
    }
  }
  return undefined;
}

/** The own addresses that a host leads to. connect(2) takes a wildcard for the loopback address, on Linux at least. */
function addressesOf(host: string): readonly string[] {
  if (host === '0.0.0.0') return ['127.0.0.1'];
  if (host === '::') return ['::1'];
  // RFC 6761, 6.3: these names are loopback, whatever a resolver says.
  if (/^(.+\.)?localhost\.?$/i.test(host)) return ['127.0.0.1', '::1'];
  const address = parseAddress(host);
  return address === undefined ? [] : [address];
}

function isOwn(address: string, facts: MachineFacts): boolean {
  if (address === '127.0.0.1' || address === '::1') return true;
  // Linux has the whole network on its loopback interface; others only the addresses they are told.
  if (facts.platform === 'linux' && address.startsWith('127.')) return true;
  return facts.addresses.some((own) => own.address === address);
}
