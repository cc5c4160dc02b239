import { contains, type Ipv4Subnet } from '../base/cidr.ts';
import { broadcastOf, type MachineFacts } from '../base/machine-facts.ts';
import type { Outcome, Problem } from '../base/problem.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { sortProblems } from '../config/sort-problems.ts';
import { type BoundAddress, bindAddresses } from './bind-addresses.ts';
import { checkPorts } from './check-ports.ts';
import { deepFreeze } from './deep-freeze.ts';
import { forwardGroups, type ListenerGroup, listenersOf, serviceGroups } from './listener-group.ts';
import { mapHosts } from './map-hosts.ts';
import type { Plan, PlannedListener } from './plan.ts';
import { planEngine } from './plan-engine.ts';
import { planRules } from './plan-rules.ts';
import { sessionTimeouts } from './plan-timeouts.ts';
import { resolveSubnet } from './resolve-subnet.ts';
import { sessionLimit } from './session-limit.ts';

/**
 * Makes the plan, or tells every problem there is. Pure: no socket, no file, no clock. `network` is the subnet that
 * the metadata service named; the caller asks it where the configuration says `subnet: metadata`.
 */
export function buildPlan(
  configured: LoadedConfig,
  facts: MachineFacts,
  network?: { readonly subnet: string },
): Outcome<Plan> {
  // A copy, as the plan shares parts with it: freezing must not reach into what others hold.
  const loaded = { ...configured, config: structuredClone(configured.config) };
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
  const held = { listeners: listeners.length, checkedTargets: countCheckedTargets(listeners) };
  const limits = sessionLimit(loaded, facts.descriptors, held, engine.value);
  if (!limits.ok) return limits;
  const rules = planRules(loaded, limits.value, listeners.length);
  if (!rules.ok) return rules;

  const assumed = facts.descriptors.source === 'assumed';
  const plan: Plan = {
    engine: engine.value,
    ...(gateway.subnet !== undefined && { subnet: gateway.subnet.text }),
    services: Object.entries(config.gateway?.services ?? {}).map(([name, { base, port }]) => ({ name, base, port })),
    listeners,
    rules: rules.value,
    limits: limits.value,
    timeouts: { ...sessionTimeouts(config.timeouts), drain: config.timeouts.drain },
    ownAddresses: [...new Set(facts.addresses.map(({ address }) => address))],
    log: config.log,
    notes: [
      ...gateway.notes,
      ...bind.notes,
      ...nobodyIsLetIn(rules.value),
      ...(assumed ? [`This platform does not tell its descriptor limit: ${facts.descriptors.limit} is assumed`] : []),
    ],
  };
  return { ok: true, value: deepFreeze(plan) };
}

/** The listeners of a forward share a pool, which is checked once. */
function countCheckedTargets(listeners: readonly PlannedListener[]): number {
  const pools = new Map(listeners.map(({ pool }) => [pool.name, pool]));
  return [...pools.values()].reduce((sum, { health, targets }) => sum + (health === undefined ? 0 : targets.length), 0);
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
  // As the subnet's own broadcast address, those of interfaces in a part of it are no hosts.
  const broadcasts = [...new Set(facts.addresses.flatMap((own) => broadcastOf(own) ?? []))]
    .filter((address) => contains(subnet.value, address))
    .map((address) => ({ address }));
  const mapped = { ...gateway, skip: [...gateway.skip, ...broadcasts] };
  const { hosts, notes, problems } = mapHosts(mapped, subnet.value, loaded);
  return {
    groups: serviceGroups(gateway, subnet.value, hosts, { config: loaded.config, addresses }),
    subnet: subnet.value,
    notes,
    problems,
  };
}

/** An empty list may be meant, to close a service for a while; it must not go unnoticed. */
function nobodyIsLetIn(rules: Plan['rules']): readonly string[] {
  const closed = Object.entries(rules).flatMap(([name, { access }]) => (access.allow.length === 0 ? [name] : []));
  return closed.length === 0 ? [] : [`Nobody is let in to ${closed.join(', ')}: the list of access.allow is empty`];
}
