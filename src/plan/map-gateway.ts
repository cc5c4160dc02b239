import { contains, hostNumber, type Ipv4Subnet } from '../base/cidr.ts';
import { broadcastOf, type MachineFacts } from '../base/machine-facts.ts';
import type { Problem } from '../base/problem.ts';
import type { HostRange } from '../config/host-range.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import type { GatewayConfig } from '../config/schema.ts';
import type { BoundAddress } from './bind-addresses.ts';
import { type HostSet, hostSet } from './host-set.ts';
import { type ServiceGroup, serviceGroups } from './listener-group.ts';
import { type MappedHosts, mapHosts } from './map-hosts.ts';
import { resolveSubnet } from './resolve-subnet.ts';

/** The metadata service's answer, which the caller gets where the configuration has `subnet: metadata`. */
export interface Network {
  readonly subnet: string;
  /** Addresses that NAT leads here. They count as the machine's own, though no interface has them. */
  readonly publicAddresses?: readonly string[];
}

export interface MappedGateway {
  /** With the hosts that are certain. While the subnet is unknown, or a host is wrong, there may be more. */
  readonly groups: readonly ServiceGroup[];
  /** Absent without a gateway, and where none can be found. */
  readonly subnet?: Ipv4Subnet | 'not known yet';
  /** `nothing` only where that is certain: not while the subnet is unknown or a host is wrong. */
  readonly serves: 'something' | 'nothing';
  readonly notes: readonly string[];
  readonly problems: readonly Problem[];
}

/** The services of the gateway, as far as subnet and hosts are known. */
export function mapGateway(
  loaded: LoadedConfig,
  facts: MachineFacts,
  network: Network | undefined,
  addresses: readonly BoundAddress[],
): MappedGateway {
  const { config } = loaded;
  const { gateway } = config;
  if (gateway === undefined) return { groups: [], serves: 'nothing', notes: [], problems: [] };
  const text = network?.subnet ?? gateway.subnet;
  const by = network === undefined ? 'user' : 'metadata service';
  const resolved = text === 'metadata' ? undefined : resolveSubnet({ text, by }, loaded, facts);
  const subnet = resolved?.ok ? resolved.value : undefined;
  const { hosts, notes, problems } =
    subnet === undefined
      ? { ...anywhere(gateway, facts), problems: resolved?.ok === false ? resolved.problems : [] }
      : within(subnet, gateway, loaded, facts);
  const noService = Object.keys(gateway.services).length === 0;
  const noHost = subnet !== undefined && problems.length === 0 && hosts.length === 0;
  const resolvedSubnet = text === 'metadata' ? 'not known yet' : subnet;
  return {
    groups: serviceGroups(gateway, subnet, hosts, { config, addresses }),
    ...(resolvedSubnet !== undefined && { subnet: resolvedSubnet }),
    serves: noService || noHost ? 'nothing' : 'something',
    notes,
    problems,
  };
}

/** The broadcast addresses of interfaces whose network is a part of the subnet are no hosts. */
function within(subnet: Ipv4Subnet, gateway: GatewayConfig, loaded: LoadedConfig, facts: MachineFacts): MappedHosts {
  const broadcasts = ownBroadcasts(facts)
    .filter((address) => contains(subnet, address))
    .map((address) => ({ address }));
  return mapHosts({ ...gateway, skip: [...gateway.skip, ...broadcasts] }, subnet, loaded);
}

/** Stands for a subnet that is not known. */
const everywhere: Ipv4Subnet = { text: '0.0.0.0/0', network: 0, prefix: 0 };

/** The hosts that are mapped whatever the subnet turns out to be. */
function anywhere({ hosts, skip }: GatewayConfig, facts: MachineFacts): Omit<MappedHosts, 'problems'> {
  const skipped = skip.filter((entry): entry is HostRange => !('address' in entry));
  if (hosts === undefined || skipped.length < skip.length) return { hosts: [], notes: [] };
  return { hosts: hostSet(everywhere, hosts, [...skipped, ...maybeBroadcasts(facts)]), notes: [] };
}

/** The host numbers that a broadcast address has in a subnet of one prefix or other, from /30 on. */
function maybeBroadcasts(facts: MachineFacts): HostSet {
  const numbers = ['255.255.255.255', ...ownBroadcasts(facts)].flatMap((address) => {
    const whole = hostNumber(everywhere, address) ?? 0;
    return Array.from({ length: 31 }, (_, index) => whole % 2 ** (index + 2));
  });
  return [...new Set(numbers)].map((n) => ({ from: n, to: n }));
}

function ownBroadcasts({ addresses }: MachineFacts): readonly string[] {
  return [...new Set(addresses.flatMap((own) => broadcastOf(own) ?? []))];
}
