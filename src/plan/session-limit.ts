import { count, figure } from '../base/count.ts';
import type { MachineFacts } from '../base/machine-facts.ts';
import type { Problem } from '../base/problem.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import { type MemoryShare, shareMemory } from './memory-share.ts';
import type { PlannedEngine, PlannedLimits } from './plan.ts';
import { sharedLimits } from './plan-limits.ts';

/** More pipes of 1 MiB would be near what one user may have (pipe-user-pages-soft, proc_sys_fs(5)). */
const mostPipes = 32;
/** Bytes that a pipe holds. All pipes take a quarter of what may be held in memory at most. */
const pipeHolds = 2 ** 20;

/** Active health checks under way at once, each with a socket, where descriptors are few or targets are. */
const checksAtOnce = 16;
/**
 * Targets for each of them where there is room. A check of a silent target takes a sixth of the time between two of its
 * checks (`HealthChecks`), and silent targets have half the places. Evenly spread, three targets for each would do.
 */
const targetsPerCheck = 2;

/** Lookups that run at once, each with a socket, and with one more for each further name server that was silent. */
const lookupsAtOnce = 33;

/** Connections to the control socket at once; that itself takes one more descriptor. */
export const controlConnections = 16;

/** What holds descriptors for good. */
export interface Held {
  readonly listeners: number;
  /** Targets of pools with active health checks. */
  readonly checkedTargets: number;
  /** Names that are looked up. */
  readonly names: number;
}

/** The limits are absent where not even one session fits. With a problem, they are the largest that are possible. */
export interface SessionLimit {
  readonly limits?: PlannedLimits;
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

/**
 * Shares out the descriptors: a session takes two, a listener one, a client that waits for room one (stream), a pipe
 * two (splice), an active health check and a lookup one. The reserve is for short-lived ones: log file, /proc, a
 * listener that is being opened. The sum counts what is configured, not what is in use: it is the same at a reload.
 */
export function sessionLimit(
  loaded: LoadedConfig,
  facts: Pick<MachineFacts, 'descriptors' | 'memory'>,
  { listeners, checkedTargets, names }: Held,
  engine: PlannedEngine,
): SessionLimit {
  const { sessions: wanted, perListener: share, possibleLoops } = loaded.config.limits;
  const { limit, open, source } = facts.descriptors;
  const memory = shareMemory(facts.memory, loaded.config.limits.memory);
  const control = loaded.config.control.socket === 'off' ? 0 : 1 + controlConnections;
  const held = open + listeners + control;
  const free = Math.max(0, limit - held);
  const waitingRoom = engine.name === 'stream' ? clamp(Math.floor(free / 32), 16, 512) : 0;
  const pipes = engine.name === 'splice' ? clamp(Math.floor(free / 64), 4, pipesOf(memory.budget)) : 0;
  const reserve = clamp(Math.floor(free / 16), 24, 64);
  const checks = checkedTargets === 0 ? 0 : healthChecks(checkedTargets, free);
  const lookups = Math.min(names, lookupsAtOnce);
  const fits = Math.floor((limit - held - waitingRoom - 2 * pipes - checks - lookups - reserve) / 2);
  // With the largest waiting room and reserve, and rounded up: a limit that is certainly enough.
  const needed = (atOnce: number) => Math.ceil((held + checks + lookups + 512 + 64 + 2 * atOnce) / 1000) * 1000;

  if (fits < 1) {
    const why = `${figure(limit)} descriptors leave no room for a session`;
    const advice = `raise the limit (ulimit -Hn ${needed(100)}, as root) or serve fewer hosts`;
    const message = `Cannot serve ${count(listeners, 'listener')}: ${why}; ${advice}`;
    return { problems: [{ place: { kind: 'default' }, message }], notes: [] };
  }

  const problems: Problem[] = [];
  const sessions = wanted === 'auto' ? Math.min(fits, memory.sessions) : Math.min(wanted, fits);
  if (wanted !== 'auto' && wanted > fits) {
    const why = `${figure(fits)} fit into ${figure(limit)} descriptors beside ${count(listeners, 'listener')}`;
    const advice = `write ${fits} or less, or raise the limit (ulimit -Hn ${needed(wanted)}, as root)`;
    const message = `Cannot allow ${figure(wanted)} sessions: ${why}; ${advice}`;
    problems.push({ place: loaded.place(['limits', 'sessions']), message });
  }
  if (share !== 'auto' && share > sessions) {
    const why = `all listeners together have ${figure(sessions)}`;
    const message = `Cannot allow ${figure(share)} sessions per listener: ${why}; write ${sessions} or less`;
    problems.push({ place: loaded.place(['limits', 'perListener']), message });
  }

  const shares = [
    `${figure(limit)} descriptors${source === 'assumed' ? ' assumed' : ''}`,
    `${open} open`,
    count(listeners, 'listener'),
    ...(control > 0 ? [`${control} for the control socket`] : []),
    engine.name === 'stream' ? `${waitingRoom} waiting room` : `${2 * pipes} for pipes`,
    ...(checks > 0 ? [`${checks} for health checks`] : []),
    ...(lookups > 0 ? [`${lookups} for lookups`] : []),
    `${reserve} reserve`,
  ];
  const sum = `(${shares.join(' - ')}) / 2`;
  return {
    problems,
    notes: wanted !== 'auto' && sessions > memory.sessions ? [moreThanMemory(sessions, memory)] : [],
    limits: {
      sessions,
      perListener: share === 'auto' ? autoPerListener(sessions, listeners) : share,
      ...sharedLimits(loaded.config.limits, sessions),
      ...(possibleLoops !== 'unlimited' && { possibleLoops }),
      waitingRoom,
      pipes,
      memory: memory.budget,
      healthChecks: checks,
      explanation: explain(wanted, sessions, { fits, sum, memory }),
    },
  };
}

interface Sums {
  /** Sessions that descriptors allow, and the sum behind that figure. */
  readonly fits: number;
  readonly sum: string;
  readonly memory: MemoryShare;
}

function explain(wanted: 'auto' | number, sessions: number, { fits, sum, memory }: Sums): string {
  if (wanted !== 'auto') return `${count(sessions, 'session')} as configured, of ${figure(fits)} that fit: ${sum}`;
  if (memory.sessions >= fits)
    return `${count(sessions, 'session')}: ${sum}; memory carries ${figure(memory.sessions)}`;
  return `${count(sessions, 'session')} by memory: ${memory.sum}; descriptors allow ${figure(fits)}`;
}

/** A note and not a problem, as the memory of a session is an estimate. */
function moreThanMemory(sessions: number, memory: MemoryShare): string {
  const what = `${count(sessions, 'session')} as configured`;
  return `${what} may need more memory than there is: it carries ${figure(memory.sessions)}, ${memory.sum}`;
}

/** What `perListener: auto` comes to: one flooded port must not starve the others. */
export function autoPerListener(sessions: number, listeners: number): number {
  return listeners > 1 ? Math.max(1, Math.floor(sessions / 2)) : sessions;
}

/** At most a sixteenth of the descriptors, but always a few. */
function healthChecks(targets: number, free: number): number {
  return clamp(Math.ceil(targets / targetsPerCheck), checksAtOnce, Math.max(checksAtOnce, Math.floor(free / 16)));
}

function pipesOf(budget: number): number {
  return clamp(Math.floor(budget / 4 / pipeHolds), 4, mostPipes);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
