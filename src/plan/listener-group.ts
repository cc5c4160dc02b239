import { formatEndpoint, portCount } from '../base/address.ts';
import { hostAddress, type Ipv4Subnet } from '../base/cidr.ts';
import type { MachineFacts } from '../base/machine-facts.ts';
import type { ConfigPath } from '../config/layer.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import type { Config, GatewayConfig } from '../config/schema.ts';
import { type BoundAddress, bindAddresses, covers } from './bind-addresses.ts';
import { eachHost, type HostSet } from './host-set.ts';
import type { PlannedHealth, PlannedListener, PlannedPool, PlannedService, PlannedTarget } from './plan.ts';

/** The highest TCP port. */
export const highestPort = 65_535;

/** What comes of one entry of the configuration: all listeners of a service, or of a forward. */
export type ListenerGroup = ServiceGroup | ForwardGroup;

export interface ServiceGroup extends PlannedService {
  readonly kind: 'service';
  /** Absent where it is not known yet. */
  readonly subnet?: Ipv4Subnet;
  readonly hosts: HostSet;
  readonly health?: PlannedHealth;
  readonly proxyProtocol: PlannedTarget['proxyProtocol'];
  readonly addresses: readonly BoundAddress[];
}

export interface ForwardGroup {
  readonly kind: 'forward';
  /** The listen text. */
  readonly name: string;
  /** Position in `forwards`. */
  readonly index: number;
  /** The first port. */
  readonly port: number;
  /** One for each port, from the first one on. */
  readonly pools: readonly [PlannedPool, ...PlannedPool[]];
  readonly addresses: readonly BoundAddress[];
}

/** The services of a gateway, in the order of the configuration. */
export function serviceGroups(
  gateway: GatewayConfig,
  subnet: Ipv4Subnet | undefined,
  hosts: HostSet,
  { config, addresses }: { readonly config: Config; readonly addresses: readonly BoundAddress[] },
): readonly ServiceGroup[] {
  return Object.entries(gateway.services).map(([name, { base, port, health, proxyProtocol }]) => ({
    kind: 'service',
    name,
    base,
    port,
    ...(subnet !== undefined && { subnet }),
    hosts,
    ...(health !== undefined && { health }),
    proxyProtocol: proxyProtocol ?? config.proxyProtocol,
    addresses,
  }));
}

/** The forwards; one without an address listens on the addresses of `bind`. */
export function forwardGroups(
  { config }: LoadedConfig,
  bind: readonly BoundAddress[],
  facts: MachineFacts,
): readonly ForwardGroup[] {
  return config.forwards.map((forward, index) => {
    const { text: name, port, address } = forward.listen;
    const [first, ...others] = Array.from({ length: portCount(forward.listen) }, (_, offset) => offset);
    return {
      kind: 'forward',
      name,
      index,
      port,
      pools: [
        forwardPool(forward, first ?? 0, config),
        ...others.map((offset) => forwardPool(forward, offset, config)),
      ],
      addresses: address === undefined ? bind : listenAddressesOf(address, facts),
    };
  });
}

/** The pool of one port of a forward: a range of the target's is as long, and is followed by the same offset. */
function forwardPool(
  { listen, to: [first, ...others], balance, health, ...own }: Config['forwards'][number],
  offset: number,
  { proxyProtocol }: Config,
): PlannedPool {
  const planned = ({ backup, lastPort, port, ...target }: typeof first): PlannedTarget => ({
    ...target,
    port: lastPort === undefined ? port : port + offset,
    tier: backup ? 'backup' : 'primary',
    proxyProtocol: target.proxyProtocol ?? own.proxyProtocol ?? proxyProtocol,
  });
  return {
    name: listen.lastPort === undefined ? listen.text : `${listen.text}/${listen.port + offset}`,
    balance,
    targets: [planned(first), ...others.map(planned)],
    ...(health !== undefined && { health }),
  };
}

/** `localhost` is both loopback addresses; without IPv6 on the loopback interface it is that of IPv4. */
function listenAddressesOf(address: string, { addresses }: MachineFacts): readonly BoundAddress[] {
  const literals = address === 'localhost' ? ['127.0.0.1', '::1'] : [address];
  return literals
    .filter((literal, index) => index === 0 || addresses.some((own) => own.address === literal))
    .map((literal) => ({ address: literal, dualStack: false }));
}

/** The addresses that listeners will be bound to and an interface has to hold: all but the wildcards. */
export function listenAddresses(loaded: LoadedConfig, facts: MachineFacts): readonly string[] {
  const bind = bindAddresses(loaded, facts).addresses;
  const services = loaded.config.gateway === undefined ? [] : bind;
  const all = [...services, ...forwardGroups(loaded, bind, facts).flatMap(({ addresses }) => addresses)];
  const named = all.map(({ address }) => address).filter((address) => address !== '0.0.0.0' && address !== '::');
  return [...new Set(named)];
}

/** What a group is called in messages, and the key of its rules: `service ssh`, `forward 8080`. */
export function titleOf(group: ListenerGroup): string {
  return `${group.kind} ${group.name}`;
}

/** The key that decides which ports a group has. */
export function portPath(group: ListenerGroup): ConfigPath {
  return group.kind === 'forward' ? ['forwards', group.index, 'listen'] : ['gateway', 'services', group.name, 'base'];
}

/** The ports of a group that exist, in rising order. */
export function* portsOf(group: ListenerGroup): Generator<number> {
  if (group.kind === 'forward') for (const index of group.pools.keys()) yield group.port + index;
  else for (const n of eachHost(group.hosts, highestPort - group.base)) yield group.base + n;
}

/** The listeners of a group: one for each port and bound address; none while the subnet is not known. */
export function listenersOf(group: ListenerGroup): readonly PlannedListener[] {
  const listeners: PlannedListener[] = [];
  const rules = titleOf(group);
  for (const port of portsOf(group)) {
    const host = group.kind === 'service' ? port - group.base : undefined;
    const pool = group.kind === 'service' ? servicePool(group, port - group.base) : group.pools[port - group.port];
    if (pool === undefined) return [];
    for (const bound of group.addresses) {
      listeners.push({
        key: formatEndpoint(bound.address, port),
        kind: group.kind,
        name: group.name,
        ...(host !== undefined && { host }),
        bind: { ...bound, port },
        rules,
        pool,
      });
    }
  }
  return listeners;
}

function servicePool(group: ServiceGroup, host: number): PlannedPool | undefined {
  const { name, port, subnet, health, proxyProtocol } = group;
  if (subnet === undefined) return undefined;
  const address = hostAddress(subnet, host);
  return {
    name: `${name}/${host}`,
    balance: 'roundrobin',
    targets: [{ address, port, weight: 1, tier: 'primary', proxyProtocol }],
    ...(health !== undefined && { health }),
  };
}

/** Whether a connection to an address and a port of this machine reaches one of the group's listeners. */
export function listensOn(group: ListenerGroup, address: string): boolean {
  return group.addresses.some((bound) => covers(bound, address));
}
