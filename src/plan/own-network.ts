import ipaddr from 'ipaddr.js';
import { type Ipv4Subnet, subnetOf } from '../base/cidr.ts';
import type { MachineFacts, OwnAddress } from '../base/machine-facts.ts';

/** The network that `auto` means, or why it means none. */
export type OwnNetwork =
  | { readonly ok: true; readonly subnet: Ipv4Subnet }
  /** `notUp`: what is missing, and may come by itself once the network is up. */
  | { readonly ok: false; readonly message: string; readonly notUp?: string };

interface Candidate {
  readonly interface: string;
  readonly subnet: Ipv4Subnet;
}

/** The IPv4 network of the one interface that has a default route; it must be private, and lead out of this machine. */
export function ownNetwork(facts: MachineFacts): OwnNetwork {
  const candidates = networks(facts);
  const cannotTell = (why: string, among = candidates): OwnNetwork => ({
    ok: false,
    message: choose(why, among, facts),
  });
  const notUp = (why: string): OwnNetwork => ({ ok: false, message: choose(why, candidates, facts), notUp: why });
  if (facts.routes === 'unreadable') {
    return cannotTell('/proc/net/route cannot be read, so that the default route is not known');
  }
  const defaults = facts.routes.filter(({ destination, prefix }) => destination === '0.0.0.0' && prefix === 0);
  const names = [...new Set(defaults.map((route) => route.interface))];
  const [name] = names;
  if (name === undefined) return notUp('this machine has no default route');
  const suited = candidates.filter((candidate) => names.includes(candidate.interface));
  const [first, ...others] = new Map(suited.map((candidate) => [candidate.subnet.text, candidate])).values();
  const everyOne = names.every((each) => suited.some((candidate) => candidate.interface === each));
  // Two cards in one network, such as a laptop's, mean that network. A metric is about speed, so it decides nothing.
  if (names.length > 1 && (others.length > 0 || !everyOne)) {
    return cannotTell(`${names.join(' and ')} have a default route each`);
  }
  const having = `${names.join(' and ')}, which ${names.length > 1 ? 'have' : 'has'} the default route,`;
  if (first === undefined) {
    const why = `${having} is in no IPv4 network with other hosts`;
    // An address that DHCP has given stays: a cloud's /32 is no network that is still to come.
    return facts.addresses.some((own) => names.includes(own.interface) && isOutward(own))
      ? cannotTell(why)
      : notUp(why);
  }
  if (others.length > 0) return cannotTell(`${having} is in several networks`, suited);
  const doubt = whyDoubtful(first.subnet, facts);
  if (doubt !== undefined) return cannotTell(`${first.subnet.text} of ${names.join(' and ')} is ${doubt}`);
  return { ok: true, subnet: first.subnet };
}

/**
 * Why a network is mapped only where the user names it, as in `that is a public network`: its hosts probably belong to
 * other people, or are containers that are not meant to be public. `undefined` where it may be mapped.
 */
export function whyDoubtful(subnet: Ipv4Subnet, facts: MachineFacts): string | undefined {
  if (isPublic(subnet)) return 'a public network';
  const holders = networks(facts).filter((candidate) => candidate.subnet.text === subnet.text);
  const inside = holders.some((holder) => facts.containerBridges.includes(holder.interface));
  return inside ? "the network of this machine's own containers or virtual machines" : undefined;
}

/** Globally routed unicast: neither private (RFC 1918, RFC 6598) nor set aside for something else (RFC 6890). */
function isPublic(subnet: Ipv4Subnet): boolean {
  return ipaddr.IPv4.parse(subnet.text.split('/')[0] ?? '').range() === 'unicast';
}

/** The networks that could be meant: never loopback or link-local, nor a prefix that leaves no room for other hosts. */
function networks({ addresses }: MachineFacts): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const { interface: name, address, family, prefix } of addresses) {
    if (!isOutward({ address, family }) || prefix > 30) continue;
    const subnet = subnetOf(address, prefix);
    found.set(`${name} ${subnet.text}`, { interface: name, subnet });
  }
  return [...found.values()];
}

function isOutward({ address, family }: Pick<OwnAddress, 'address' | 'family'>): boolean {
  return family === 4 && !['loopback', 'linkLocal'].includes(ipaddr.IPv4.parse(address).range());
}

function choose(why: string, candidates: readonly Candidate[], facts: MachineFacts): string {
  if (candidates.length === 0) {
    return `Cannot tell which subnet to map: ${why}; name it, like: floatgate up --subnet 192.168.20.0/24`;
  }
  const commands = candidates.map(({ interface: name, subnet }) => {
    const doubt = whyDoubtful(subnet, facts);
    return `\n  floatgate up --subnet ${subnet.text}   # ${name}${doubt === undefined ? '' : `: ${doubt}`}`;
  });
  return `Cannot tell which subnet to map: ${why}; choose one:${commands.join('')}`;
}
