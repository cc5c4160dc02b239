import { isLiteral } from '../base/address.ts';
import type { MachineFacts } from '../base/machine-facts.ts';
import type { Outcome, Problem } from '../base/problem.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { type BoundAddress, bindAddresses } from './bind-addresses.ts';
import { checkDialFrom } from './check-dial-from.ts';
import { checkPorts } from './check-ports.ts';
import { copyUnfrozen } from './copy-unfrozen.ts';
import { deepFreeze } from './deep-freeze.ts';
import { forwardGroups, listenersOf, portPath } from './listener-group.ts';
import { type MappedGateway, mapGateway, type Network } from './map-gateway.ts';
import { outgoingPortNotes } from './outgoing-port-notes.ts';
import { KnownAddresses } from './own-targets.ts';
import type { Plan, PlannedEngine, PlannedLimits, PlannedListener } from './plan.ts';
import { planEngine } from './plan-engine.ts';
import { checkRules, planRules } from './plan-rules.ts';
import { sessionTimeouts } from './plan-timeouts.ts';
import { sessionLimit } from './session-limit.ts';

/**
 * Makes the plan, or tells every problem there is, those that the configuration has brought along with it. Pure: no
 * socket, no file, no clock.
 */
export function buildPlan(configured: LoadedConfig, facts: MachineFacts, network?: Network): Outcome<Plan> {
  // A copy, as the plan shares parts with it: freezing must not reach into what others hold.
  const loaded = { ...configured, config: copyUnfrozen(configured.config) };
  const { config } = loaded;
  const draft = draftPlan(loaded, facts, network);
  const { limits, listeners } = draft;
  const problems = [...draft.problems, ...(draft.subnet === 'not asked' ? [subnetNotAsked(loaded)] : [])];
  if (problems.length > 0 || limits === undefined) return { ok: false, problems };
  const rules = planRules(loaded, limits, listeners.length);
  const assumed = facts.descriptors.source === 'assumed';
  const plan: Plan = {
    engine: draft.engine,
    ...(typeof draft.subnet === 'object' && { subnet: draft.subnet.text }),
    services: Object.entries(config.gateway?.services ?? {}).map(([name, { base, port }]) => ({ name, base, port })),
    listeners,
    rules,
    limits,
    timeouts: { ...sessionTimeouts(config.timeouts), drain: config.timeouts.drain },
    names: config.names,
    ownAddresses: [...new Set([...facts.addresses.map(({ address }) => address), ...facts.localNetworks])],
    publicAddresses: publicAddresses(loaded, network),
    log: config.log,
    notes: [
      ...draft.notes,
      ...nobodyIsLetIn(rules),
      ...outgoingPortNotes(listeners, rules, facts.outgoingPorts),
      ...(assumed ? [`This platform does not tell its descriptor limit: ${facts.descriptors.limit} is assumed`] : []),
    ],
  };
  return { ok: true, value: deepFreeze(plan) };
}

/** All that can be known to be wrong before the metadata service has been asked, where it is to be asked. */
export function findProblems(loaded: LoadedConfig, facts: MachineFacts): readonly Problem[] {
  return draftPlan(loaded, facts, undefined).problems;
}

interface Draft {
  readonly engine: PlannedEngine;
  readonly subnet?: MappedGateway['subnet'];
  readonly listeners: readonly PlannedListener[];
  /** Absent where not even one session fits. */
  readonly limits?: PlannedLimits;
  readonly notes: readonly string[];
  readonly problems: readonly Problem[];
}

/** Where a listener would be whose `bind` cannot be read: in the way of its like, and of no one else. */
const somewhere: readonly BoundAddress[] = [{ address: 'unreadable', dualStack: false }];

/** The engine that leaves most descriptors to sessions: what is too many for it is for any. */
const roomiest: PlannedEngine = { name: 'splice', why: 'not known' };

/** What comes of what is known: of the configuration as far as it is readable, and of the subnet where it is named. */
function draftPlan(loaded: LoadedConfig, facts: MachineFacts, network: Network | undefined): Draft {
  const bind = bindAddresses(loaded, facts);
  // Of a list, those items that can be read are bound all the same.
  const known = loaded.readable(['bind', 0]) ? bind.addresses : [];
  const addresses = known.length > 0 ? known : somewhere;
  const gateway = mapGateway(loaded, facts, network, addresses);
  const groups = [...gateway.groups, ...forwardGroups(loaded, addresses, facts)];
  const engine = planEngine(loaded, facts);
  const listeners = groups.filter((group) => loaded.readable(portPath(group))).flatMap(listenersOf);
  const held = {
    listeners: listeners.length,
    checkedTargets: countCheckedTargets(listeners),
    names: countNames(listeners),
  };
  const limiting = loaded.readable(['engine']) ? engine.engine : roomiest;
  const { limits, problems: tooMany, notes: onLimits } = sessionLimit(loaded, facts, held, limiting);
  const problems = [
    ...loaded.problems,
    ...bind.problems,
    ...gateway.problems,
    ...checkPorts(groups, loaded, facts, new KnownAddresses(facts, publicAddresses(loaded, network))),
    ...engine.problems,
    ...tooMany,
    ...(limits === undefined ? [] : checkRules(loaded, limits)),
    ...checkDialFrom(loaded, facts),
    ...(gateway.serves === 'nothing' && noForwards(loaded) ? [nothingToServe(loaded)] : []),
  ];
  return {
    engine: engine.engine,
    ...(gateway.subnet !== undefined && { subnet: gateway.subnet }),
    listeners,
    ...(limits !== undefined && { limits }),
    notes: [...gateway.notes, ...bind.notes, ...onLimits],
    problems,
  };
}

function publicAddresses({ config }: LoadedConfig, network: Network | undefined): readonly string[] {
  return [...new Set([...config.public, ...(network?.publicAddresses ?? [])])];
}

function noForwards({ config, readable }: LoadedConfig): boolean {
  return config.forwards.length === 0 && readable(['forwards']);
}

function nothingToServe(loaded: LoadedConfig): Problem {
  const message = 'Cannot serve anything: no listener is left; map a host with --hosts, or name a service or a forward';
  return { place: loaded.place(['gateway', 'hosts']), message };
}

function subnetNotAsked(loaded: LoadedConfig): Problem {
  const message = 'Cannot map the subnet: the metadata service has not been asked for it; name it with --subnet CIDR';
  return { place: loaded.place(['gateway', 'subnet']), message };
}

/** The listeners of a forward share a pool, which is checked once. */
function countCheckedTargets(listeners: readonly PlannedListener[]): number {
  const pools = new Map(listeners.map(({ pool }) => [pool.name, pool]));
  return [...pools.values()].reduce((sum, { health, targets }) => sum + (health === undefined ? 0 : targets.length), 0);
}

function countNames(listeners: readonly PlannedListener[]): number {
  const hosts = listeners.flatMap(({ pool }) => pool.targets.map(({ host }) => host));
  return new Set(hosts.filter((host) => !isLiteral(host))).size;
}

/** An empty list may be meant, to close a service for a while; it must not go unnoticed. */
function nobodyIsLetIn(rules: Plan['rules']): readonly string[] {
  const closed = Object.entries(rules).flatMap(([name, { access }]) => (access.allow.length === 0 ? [name] : []));
  return closed.length === 0 ? [] : [`Nobody is let in to ${closed.join(', ')}: the list of access.allow is empty`];
}
