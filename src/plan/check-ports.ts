import type { MachineFacts } from '../base/machine-facts.ts';
import type { Place, Problem } from '../base/problem.ts';
import { firstWritten, type LoadedConfig } from '../config/read-config.ts';
import { checkTargets } from './check-targets.ts';
import { FreePorts } from './free-ports.ts';
import { span } from './host-set.ts';
import {
  type ForwardGroup,
  highestPort,
  type ListenerGroup,
  portPath,
  type ServiceGroup,
  titleOf,
} from './listener-group.ts';
import type { KnownAddresses } from './own-targets.ts';
import { type Overlap, portOwners } from './port-owners.ts';

/** Every problem that ports can have: beyond the last one, privileged, wanted twice, or leading back to ourselves. */
export function checkPorts(
  groups: readonly ListenerGroup[],
  loaded: LoadedConfig,
  facts: MachineFacts,
  own: KnownAddresses,
): readonly Problem[] {
  const lowest = facts.mayBindPrivilegedPorts ? 1 : Math.max(1, facts.unprivilegedPortStart);
  const free = new FreePorts(groups, lowest);
  const place = (...groupsAtFault: readonly ListenerGroup[]) => placeOf(loaded, groupsAtFault);
  const services = groups.filter((group) => group.kind === 'service');
  const owners = portOwners(groups);
  return [
    ...services.flatMap((service) => describe(place(service), beyondLastPort(service, free))),
    ...groups.flatMap((group) => describe(place(group), privileged(group, lowest, free))),
    ...owners.overlaps.flatMap((overlap) =>
      describe(place(overlap.second, overlap.first), describeOverlap(overlap, free)),
    ),
    ...groups.flatMap((group) => checkTargets(group, owners, loaded, facts, own)),
  ];
}

function describe(place: Place, message: string | undefined): readonly Problem[] {
  return message === undefined ? [] : [{ place, message }];
}

function beyondLastPort(service: ServiceGroup, free: FreePorts): string | undefined {
  const { name, base, hosts } = service;
  const last = span(hosts)?.to ?? 0;
  if (base + last <= highestPort) return undefined;
  const proposal = free.base(service);
  const reach = highestPort - base;
  const advice = [
    ...(proposal === undefined ? [] : [`give ${name} base ${proposal}`]),
    ...(reach < 1 ? [] : [`map hosts up to ${reach} with --hosts`]),
  ].join(', or ');
  const top = `base ${base} + ${last} is ${base + last}, and ports end at ${highestPort}`;
  return `Cannot serve ${name} for host ${last}: ${top}; ${advice || 'map fewer hosts with --hosts'}`;
}

function privileged(group: ListenerGroup, lowest: number, free: FreePorts): string | undefined {
  const port = group.kind === 'forward' ? group.port : group.base + (span(group.hosts)?.from ?? highestPort);
  if (port >= lowest) return undefined;
  const proposal =
    group.kind === 'forward'
      ? proposePort(group, free.port(group, lowest + group.port))
      : proposeBase(group, free.base(group));
  const why = `ports below ${lowest} need a privilege that this process does not have`;
  const asRoot = `sysctl -w net.ipv4.ip_unprivileged_port_start=${port}`;
  return `Cannot listen on port ${port} for ${titleOf(group)}: ${why}; ${proposal}, or have root run: ${asRoot}`;
}

function describeOverlap({ first, second, from, to }: Overlap, free: FreePorts): string {
  const ports = from === to ? `port ${from}` : `ports ${from} to ${to}`;
  if (second.kind === 'service') {
    const moved = free.proposed(first);
    const advice =
      first.kind === 'service' && moved !== undefined
        ? proposeBase(first, moved)
        : proposeBase(second, free.base(second));
    return `Cannot serve ${second.name} beside ${titleOf(first)}: both need ${ports}; ${advice}`;
  }
  const advice = proposePort(second, free.port(second, second.port));
  if (first.kind === 'forward') {
    const clash = `Cannot listen on ${second.name}: forward ${first.name} needs ${ports} too`;
    return `${clash}; ${advice}, or leave one of them out`;
  }
  const host = from - first.base;
  const clash = `Cannot listen on ${second.name}: service ${first.name} needs ${ports} for host ${host}`;
  return `${clash}; ${advice}, or leave host ${host} out with --skip ${host}`;
}

function proposeBase({ name }: ServiceGroup, base: number | undefined): string {
  if (base !== undefined) return `give ${name} base ${base}`;
  return 'no base fits, so map fewer hosts with --hosts or leave a service out';
}

function proposePort({ pools: { length: count } }: ForwardGroup, port: number | undefined): string {
  if (port === undefined) return 'no port is free for it, so map fewer hosts';
  const ports = count === 1 ? `another port, like ${port}` : `other ports, like ${port}-${port + count - 1}`;
  return `give the forward ${ports}`;
}

/** The first of the groups that is written down. Where all of them are defaults, the hosts are the cause. */
function placeOf(loaded: LoadedConfig, groups: readonly ListenerGroup[]): Place {
  return firstWritten(loaded, [...groups.map(portPath), ['gateway', 'hosts'], ['gateway', 'subnet']]);
}
