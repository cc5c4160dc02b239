import ipaddr from 'ipaddr.js';
import { type Ipv4Subnet, lastUsableHost, parseSubnet, subnetOf } from '../base/cidr.ts';
import type { MachineFacts, OwnAddress } from '../base/machine-facts.ts';
import type { Outcome, Problem } from '../base/problem.ts';
import { forbiddenTarget } from '../base/special-addresses.ts';
import type { LoadedConfig } from '../config/load-config.ts';

/**
 * The subnet that a gateway maps. `auto` is the IPv4 network of the default route's interface: found in the facts,
 * nothing is sent anywhere.
 */
export function resolveSubnet(text: string, loaded: LoadedConfig, facts: MachineFacts): Outcome<Ipv4Subnet> {
  const place = loaded.place(['gateway', 'subnet']);
  const fail = (message: string): Outcome<never> => ({ ok: false, problems: [{ place, message } satisfies Problem] });
  if (text === 'auto') {
    const found = ownNetwork(facts);
    return found.ok ? { ok: true, value: found.subnet } : fail(found.message);
  }
  const parsed = parseSubnet(text);
  if (!parsed.ok) return fail(`Cannot map ${text}: it is no IPv4 network; write one like 192.168.20.0/24`);
  const { subnet } = parsed;
  // One address tells for all: ports reach 65,535 hosts at most, which lie in one /16, and so does no edge of a block.
  const forbidden = forbiddenTarget(subnet.network);
  if (forbidden !== undefined) {
    return fail(`Cannot map ${text}: each of its hosts has ${forbidden}; name a network like 192.168.20.0/24`);
  }
  if (lastUsableHost(subnet) >= 1) return { ok: true, value: subnet };
  const address = text.split('/')[0];
  return fail(
    `Cannot map ${text}: beside its network and broadcast addresses it has no hosts; use a forward instead: floatgate forward 30000=${address}:22`,
  );
}

type OwnNetwork = { readonly ok: true; readonly subnet: Ipv4Subnet } | { readonly ok: false; readonly message: string };

interface Candidate {
  readonly interface: string;
  readonly subnet: Ipv4Subnet;
}

function ownNetwork(facts: MachineFacts): OwnNetwork {
  const defaults = facts.routes.filter(({ destination, prefix }) => destination === '0.0.0.0' && prefix === 0);
  const metric = Math.min(...defaults.map((route) => route.metric));
  const names = [...new Set(defaults.filter((route) => route.metric === metric).map((route) => route.interface))];
  const candidates = networks(facts.addresses);
  const suited = candidates.filter((candidate) => names.includes(candidate.interface));
  const [only, ...others] = suited;
  if (names.length === 1 && only !== undefined && others.length === 0) return { ok: true, subnet: only.subnet };

  const [name] = names;
  if (name === undefined) return cannotTell('this machine has no default route', candidates);
  if (names.length > 1) return cannotTell(`${names.join(' and ')} share the default route`, candidates);
  if (suited.length > 1) return cannotTell(`${name}, which has the default route, is in several networks`, suited);
  return cannotTell(`${name}, which has the default route, is in no IPv4 network with other hosts`, candidates);
}

/** The networks that could be meant: never loopback or link-local, nor a prefix that leaves no room for other hosts. */
function networks(addresses: readonly OwnAddress[]): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const { interface: name, address, family, prefix } of addresses) {
    if (family !== 4 || prefix > 30) continue;
    const kind = ipaddr.IPv4.parse(address).range();
    if (kind === 'loopback' || kind === 'linkLocal') continue;
    const subnet = subnetOf(address, prefix);
    found.set(`${name} ${subnet.text}`, { interface: name, subnet });
  }
  return [...found.values()];
}

function cannotTell(why: string, candidates: readonly Candidate[]): OwnNetwork {
  if (candidates.length === 0) {
    return {
      ok: false,
      message: `Cannot tell which subnet to map: ${why}; name it, like: floatgate up --subnet 192.168.20.0/24`,
    };
  }
  const commands = candidates.map((c) => `\n  floatgate up --subnet ${c.subnet.text}   # ${c.interface}`);
  return { ok: false, message: `Cannot tell which subnet to map: ${why}; choose one:${commands.join('')}` };
}
