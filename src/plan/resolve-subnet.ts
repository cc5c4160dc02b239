import { type Ipv4Subnet, lastUsableHost, parseSubnet } from '../base/cidr.ts';
import type { MachineFacts } from '../base/machine-facts.ts';
import type { Outcome, Problem } from '../base/problem.ts';
import { forbiddenTarget } from '../base/special-addresses.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import { ownNetwork, whyDoubtful } from './own-network.ts';

/** A subnet as the user named it, or as the metadata service did, in place of `metadata`. */
export interface GivenSubnet {
  readonly text: string;
  readonly by: 'user' | 'metadata service';
}

/**
 * The subnet that a gateway maps. `auto` is the IPv4 network of the default route's interface: found in the facts,
 * nothing is sent anywhere.
 */
export function resolveSubnet(
  { text, by }: GivenSubnet,
  loaded: LoadedConfig,
  facts: MachineFacts,
): Outcome<Ipv4Subnet> {
  const place = loaded.place(['gateway', 'subnet']);
  const fail = (message: string, networkNotUp?: string): Outcome<never> => ({
    ok: false,
    problems: [{ place, message, ...(networkNotUp !== undefined && { networkNotUp }) } satisfies Problem],
  });
  if (text === 'auto') {
    const found = ownNetwork(facts);
    return found.ok ? { ok: true, value: found.subnet } : fail(found.message, found.notUp);
  }
  const parsed = parseSubnet(text);
  if (!parsed.ok) return fail(`Cannot map ${text}: it is no IPv4 network; write one like 192.168.20.0/24`);
  const { subnet } = parsed;
  // The first address stands for all: ports reach 65,535 hosts at most, and no /16 is partly forbidden.
  const forbidden = forbiddenTarget(subnet.network);
  if (forbidden !== undefined) {
    return fail(`Cannot map ${text}: each of its hosts has ${forbidden}; name a network like 192.168.20.0/24`);
  }
  const doubt = by === 'user' ? undefined : whyDoubtful(subnet, facts);
  if (doubt !== undefined) {
    const command = `floatgate up --subnet ${text}`;
    return fail(
      `Cannot map ${text} on the metadata service's word: it is ${doubt}; name it where that is meant: ${command}`,
    );
  }
  if (lastUsableHost(subnet) >= 1) return { ok: true, value: subnet };
  const address = text.split('/')[0];
  const why = 'beside its network and broadcast addresses it has no hosts';
  return fail(`Cannot map ${text}: ${why}; use a forward instead: floatgate forward 30000=${address}:22`);
}
