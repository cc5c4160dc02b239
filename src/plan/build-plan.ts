import type { Ipv4Subnet } from '../base/cidr.ts';
import type { MachineFacts } from '../base/machine-facts.ts';
import type { Outcome, Problem } from '../base/problem.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { sortProblems } from '../config/sort-problems.ts';
import { type BoundAddress, bindAddresses } from './bind-addresses.ts';
import { checkPorts } from './check-ports.ts';
import { deepFreeze } from './deep-freeze.ts';
import { forwardGroups, type ListenerGroup, listenersOf, serviceGroups } from './listener-group.ts';
import { mapHosts } from './map-hosts.ts';
import type { Plan } from './plan.ts';
import { planEngine } from './plan-engine.ts';
import { resolveSubnet } from './resolve-subnet.ts';
import { sessionLimit } from './session-limit.ts';

/**
 * Makes the plan, or tells every problem there is. Pure: no socket, no file, no clock. `network` is the subnet that
 * the metadata service named; the caller asks it where the configuration says `subnet: metadata`.
 */
export function buildPlan(
  loaded: LoadedConfig,
  facts: MachineFacts,
  network?: { readonly subnet: string },
): Outcome<Plan> {
  const { config } = loaded;
  const bind = bindAddresses(loaded, facts);
  const gateway = mapGateway(loaded, facts, network, bind.addresses);
  const forwards = forwardGroups(loaded, bind.addresses);
  const groups = [...gateway.groups, ...forwards];
  const engine = planEngine(loaded, facts);
  const problems = [
    ...bind.problems,
    ...gateway.problems,
    ...checkPorts(groups, loaded, facts),
    ...(engine.ok ? [] : engine.problems),
  ];
  if (problems.length > 0 || !engine.ok) return { ok: false, problems: sortProblems(problems) };

  const listeners = groups.flatMap(listenersOf);
  if (listeners.length === 0) {
    const message =
      'Cannot serve anything: no listener is left; map a host with --hosts, or name a service or a forward';
    return { ok: false, problems: [{ place: loaded.place(['gateway', 'hosts']), message }] };
  }
  const limits = sessionLimit(loaded, facts.descriptors, listeners.length, engine.value);
  if (!limits.ok) return limits;

  const { metadata: _, ...timeouts } = config.timeouts;
  const assumed = facts.descriptors.source === 'assumed';
  const plan: Plan = {
    engine: engine.value,
    ...(gateway.subnet !== undefined && { subnet: gateway.subnet.text }),
    services: Object.entries(config.gateway?.services ?? {}).map(([name, service]) => ({ name, ...service })),
    listeners,
    limits: limits.value,
    timeouts,
    log: config.log,
    notes: [
      ...gateway.notes,
      ...bind.notes,
      ...(assumed ? [`This platform does not tell its descriptor limit: ${facts.descriptors.limit} is assumed`] : []),
    ],
  };
  // Cloned first: freezing must not reach into the configuration that the plan shares parts with.
  return { ok: true, value: deepFreeze(structuredClone(plan)) };
}

interface MappedGateway {
  readonly groups: readonly ListenerGroup[];
  readonly subnet?: Ipv4Subnet;
  readonly notes: readonly string[];
  readonly problems: readonly Problem[];
}

function mapGateway(
  loaded: LoadedConfig,
  facts: MachineFacts,
  network: { readonly subnet: string } | undefined,
  addresses: readonly BoundAddress[],
): MappedGateway {
  const { gateway } = loaded.config;
  if (gateway === undefined) return { groups: [], notes: [], problems: [] };
  const subnet = resolveSubnet(gateway, loaded, facts, network);
  if (!subnet.ok) return { groups: [], notes: [], problems: subnet.problems };
  const { hosts, notes, problems } = mapHosts(gateway, subnet.value, loaded);
  return { groups: serviceGroups(gateway, subnet.value, hosts, addresses), subnet: subnet.value, notes, problems };
}
