import { formatEndpoint } from '../base/address.ts';
import { hostAddress, type Ipv4Subnet } from '../base/cidr.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { GatewayConfig } from '../config/schema.ts';
import { type BoundAddress, covers } from './bind-addresses.ts';
import { eachHost, type HostSet } from './host-set.ts';
import type { PlannedListener, PlannedService, PlannedTarget } from './plan.ts';

/** The highest TCP port. */
export const highestPort = 65_535;

/** What comes of one entry of the configuration: all listeners of a service, or of a forward. */
export type ListenerGroup = ServiceGroup | ForwardGroup;

export interface ServiceGroup extends PlannedService {
  readonly kind: 'service';
  readonly subnet: Ipv4Subnet;
  readonly hosts: HostSet;
  readonly addresses: readonly BoundAddress[];
}

export interface ForwardGroup {
  readonly kind: 'forward';
  /** The listen text. */
  readonly name: string;
  /** Position in `forwards`. */
  readonly index: number;
  readonly port: number;
  readonly target: PlannedTarget;
  readonly addresses: readonly BoundAddress[];
}

/** The services of a gateway, in the order of the configuration. */
export function serviceGroups(
  gateway: GatewayConfig,
  subnet: Ipv4Subnet,
  hosts: HostSet,
  addresses: readonly BoundAddress[],
): readonly ServiceGroup[] {
  return Object.entries(gateway.services).map(([name, { base, port }]) => ({
    kind: 'service',
    name,
    base,
    port,
    subnet,
    hosts,
    addresses,
  }));
}

/** The forwards; one without an address listens where `bind` says. */
export function forwardGroups({ config }: LoadedConfig, bind: readonly BoundAddress[]): readonly ForwardGroup[] {
  return config.forwards.map(({ listen, to }, index) => ({
    kind: 'forward',
    name: listen.text,
    index,
    port: listen.port,
    target: to,
    addresses: listen.address === undefined ? bind : [{ address: listen.address, dualStack: false }],
  }));
}

/** The ports of a group that exist, in rising order. */
export function* portsOf(group: ListenerGroup): Generator<number> {
  if (group.kind === 'forward') yield group.port;
  else for (const n of eachHost(group.hosts, highestPort - group.base)) yield group.base + n;
}

/** The listeners of a group: one for each port and bound address. */
export function listenersOf(group: ListenerGroup): readonly PlannedListener[] {
  const listeners: PlannedListener[] = [];
  for (const port of portsOf(group)) {
    for (const bound of group.addresses) {
      const bind = { ...bound, port };
      const key = formatEndpoint(bound.address, port);
      if (group.kind === 'forward') {
        listeners.push({ key, kind: 'forward', name: group.name, bind, targets: [{ ...group.target }] });
      } else {
        const host = port - group.base;
        const target = { host: hostAddress(group.subnet, host), port: group.port };
        listeners.push({ key, kind: 'service', name: group.name, host, bind, targets: [target] });
      }
    }
  }
  return listeners;
}

/** Whether a connection to an address and a port of this machine reaches one of the group's listeners. */
export function listensOn(group: ListenerGroup, address: string): boolean {
  return group.addresses.some((bound) => covers(bound, address));
}
