import type { MachineFacts } from '../base/machine-facts.ts';
import type { Outcome, Problem } from '../base/problem.ts';
import { deepFreeze, type LoadedConfig } from '../config/read-config.ts';
import type { Config } from '../config/schema.ts';
import { bindAddresses } from './bind-addresses.ts';
import { checkDialFrom } from './check-dial-from.ts';
import { checkPorts } from './check-ports.ts';
import { forwardGroups, listenersOf } from './listener-group.ts';
import { type MappedGateway, mapGateway, type Network } from './map-gateway.ts';
import { outgoingPortNotes } from './outgoing-port-notes.ts';
import { KnownAddresses } from './own-targets.ts';
import type { Plan, PlannedDrain, PlannedEngine, PlannedLimits, PlannedListener } from './plan.ts';
import { planEngine } from './plan-engine.ts';
import { checkSourceLimits } from './plan-limits.ts';
import { checkRules, planRules } from './plan-rules.ts';
import { sessionLimit } from './session-limit.ts';

/**
 * Makes the plan from a whole configuration, or returns every problem there is. Pure: no socket, no file, no clock.
 * @param network the metadata service's answer, where `subnet: metadata` needs it
 */
export function buildPlan(loaded: LoadedConfig, facts: MachineFacts, network?: Network): Outcome<Plan> {
  const { config } = loaded;
  const draft = draftPlan(loaded, facts, network);
  const { limits, listeners } = draft;
  const problems = [...draft.problems, ...(draft.subnet === 'not known yet' ? [subnetNotKnown(loaded)] : [])];
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
    automatic: automaticLimits(config),
    drain: plannedDrain(config, facts),
    control: config.control,
    names: config.names,
    ownAddresses: [...new Set([...facts.addresses.map(({ address }) => address), ...facts.localNetworks])],
    publicAddresses: publicAddresses(loaded, network),
    log: config.log,
    notes: [
      ...draft.notes,
      ...closedNotes(rules),
      ...outgoingPortNotes(listeners, rules, facts.outgoingPorts),
      ...(assumed ? [`This platform does not report its descriptor limit: ${facts.descriptors.limit} is assumed`] : []),
    ],
  };
  return { ok: true, value: deepFreeze(plan) };
}

/** The problems that can be known before the metadata service has answered, where `subnet: metadata` needs it. */
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

/** The plan as far as it goes: with a problem, or without the subnet, it lacks listeners. */
function draftPlan(loaded: LoadedConfig, facts: MachineFacts, network: Network | undefined): Draft {
  const bind = bindAddresses(loaded, facts);
  const gateway = mapGateway(loaded, facts, network, bind.addresses);
  const groups = [...gateway.groups, ...forwardGroups(loaded, bind.addresses, facts)];
  const { engine, problems: onEngine } = planEngine(loaded, facts);
  const listeners = groups.flatMap(listenersOf);
  const held = {
    listeners: listeners.length,
    checkedTargets: countCheckedTargets(listeners),
    names: countNames(listeners),
  };
  const { limits, problems: onLimits, notes } = sessionLimit(loaded, facts, held, engine);
  const own = new KnownAddresses(facts, publicAddresses(loaded, network));
  const servesNothing = gateway.serves === 'nothing' && loaded.config.forwards.length === 0;
  return {
    engine,
    ...(gateway.subnet !== undefined && { subnet: gateway.subnet }),
    listeners,
    ...(limits !== undefined && { limits }),
    notes: [...gateway.notes, ...bind.notes, ...notes],
    problems: [
      ...bind.problems,
      ...gateway.problems,
      ...checkPorts(groups, loaded, facts, own),
      ...onEngine,
      ...onLimits,
      ...checkSourceLimits(loaded),
      ...(limits === undefined ? [] : checkRules(loaded, limits)),
      ...checkDialFrom(loaded, facts),
      ...(servesNothing ? [nothingToServe(loaded)] : []),
    ],
  };
}

/** Milliseconds. Docker kills 10 s after it has asked a container's first process to end (docker stop). */
const drainTime = { usual: 10_000, pid1: 8_000 };

function plannedDrain({ drain, timeouts }: Config, { pid1 }: MachineFacts): PlannedDrain {
  const byDefault = pid1 ? drainTime.pid1 : drainTime.usual;
  return { ...drain, sessions: drain.sessions ?? timeouts.drain ?? byDefault };
}

function automaticLimits({ limits }: Config): Plan['automatic'] {
  const figures = {
    'limits.sessions': limits.sessions,
    'limits.memory': limits.memory,
    'limits.perListener': limits.perListener,
    'limits.perSource.sessions': limits.perSource.sessions,
  };
  return Object.entries(figures).flatMap(([key, figure]) => (figure === 'auto' ? [key] : []));
}

function publicAddresses({ config }: LoadedConfig, network: Network | undefined): readonly string[] {
  return [...new Set([...config.public, ...(network?.publicAddresses ?? [])])];
}

function nothingToServe(loaded: LoadedConfig): Problem {
  const message = 'Cannot serve anything: no listener is left; map a host with --hosts, or name a service or a forward';
  return { place: loaded.place(['gateway', 'hosts']), message };
}

function subnetNotKnown(loaded: LoadedConfig): Problem {
  const message = 'Cannot map the subnet: the metadata service has not answered; name it with --subnet CIDR';
  return { place: loaded.place(['gateway', 'subnet']), message };
}

/** The listeners of a forward share a pool, which is checked once. */
function countCheckedTargets(listeners: readonly PlannedListener[]): number {
  const pools = new Map(listeners.map(({ pool }) => [pool.name, pool]));
  return [...pools.values()].reduce((sum, { health, targets }) => sum + (health === undefined ? 0 : targets.length), 0);
}

function countNames(listeners: readonly PlannedListener[]): number {
  const targets = listeners.flatMap(({ pool }) => pool.targets);
  return new Set(targets.flatMap((target) => ('name' in target ? [target.name] : []))).size;
}

/** An empty list may be intended, to close a service for a while, but should be noticed. */
function closedNotes(rules: Plan['rules']): readonly string[] {
  const closed = Object.entries(rules).flatMap(([name, { access }]) => (access.allow.length === 0 ? [name] : []));
  return closed.length === 0 ? [] : [`No client is let in to ${closed.join(', ')}: the list of access.allow is empty`];
}
