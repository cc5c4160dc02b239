import { performance } from 'node:perf_hooks';
import type { Plan, PlannedListener, PlannedRules } from '../plan/plan.ts';
import { Admission, GlobalScope } from '../policy/admission.ts';
import type { FreshTables } from '../policy/fresh-tables.ts';
import type { LoopLimit } from '../policy/loop-limit.ts';
import { QuickEnds } from '../policy/quick-ends.ts';
import { emptyLoad, type ListenerLoad } from '../policy/session-limit.ts';
import type { SessionRoute } from '../session/session-context.ts';
import type { LiveSession } from '../session/session-table.ts';
import { DialSources } from '../upstream/dial-sources.ts';
import { Pool, type PoolEvent, type PoolTarget } from '../upstream/pool.ts';

/** A pool, and the milliseconds that connecting to its targets may take. */
interface CheckedPool {
  readonly pool: Pool;
  readonly timeout: number;
  /** The addresses that its targets are dialed from. */
  readonly dialFrom: DialSources;
}

/** What a gateway has for the listeners of one service or forward. */
interface RulesInUse {
  readonly admission: Admission;
  readonly quickEnds: QuickEnds;
  dialFrom: DialSources;
  /** Of the last plan that had them. */
  planned: PlannedRules;
}

export interface RoutesOptions {
  readonly loops: LoopLimit;
  readonly onPoolEvent: (event: PoolEvent) => void;
  /** Whether the operator has taken a target out. */
  readonly isOut: (target: PoolTarget) => boolean;
  /** The sessions that live, whichever plan they began with. */
  readonly live: () => readonly LiveSession[];
}

/**
 * The run-time objects of a gateway's listeners. They are keyed by name and outlive a plan: counts, token buckets,
 * health and sessions stay when rules, pools or limits change. What a plan has no more stays while sessions use it.
 */
export class Routes {
  private readonly options: RoutesOptions;
  private readonly globals: GlobalScope;
  private readonly rules = new Map<string, RulesInUse>();
  /** By name: the listeners of one forward share a pool. */
  private readonly pools = new Map<string, CheckedPool>();
  /** By the key of the listener. */
  private readonly loads = new Map<string, ListenerLoad>();

  constructor(plan: Plan, options: RoutesOptions) {
    this.options = options;
    this.globals = new GlobalScope(plan.limits);
    this.update(plan);
  }

  /** From now on, `route` gives what this plan wants. */
  update(plan: Plan): void {
    const fresh: FreshTables = new Set();
    const now = performance.now();
    this.globals.update(plan.limits, fresh, now);
    const mayLeadBack = namesThatMayLeadBack(plan);
    for (const [name, planned] of Object.entries(plan.rules)) {
      const mostQuickEnds = mayLeadBack.has(name) ? plan.limits.possibleLoops : undefined;
      const known = this.rules.get(name);
      if (known === undefined) {
        this.rules.set(name, {
          admission: new Admission(planned, this.globals),
          quickEnds: new QuickEnds(mostQuickEnds),
          dialFrom: new DialSources(planned.dialFrom),
          planned,
        });
        continue;
      }
      known.admission.update(planned, fresh, now);
      known.quickEnds.update(mostQuickEnds);
      if (known.planned.dialFrom.join() !== planned.dialFrom.join()) known.dialFrom = new DialSources(planned.dialFrom);
      known.planned = planned;
    }
    if (fresh.size > 0) for (const session of this.options.live()) session.restore(fresh);
    this.updatePools(plan);
    for (const { key, rules } of plan.listeners) {
      const most = this.rulesOf(rules).planned.perListener;
      const load = this.loads.get(key);
      if (load === undefined) this.loads.set(key, emptyLoad(most));
      else load.most = most;
    }
    this.forgetUnused(plan);
  }

  /** What holds for the clients of a listener of the present plan. */
  route(listener: PlannedListener): SessionRoute {
    const { admission, quickEnds, dialFrom, planned } = this.rulesOf(listener.rules);
    const pool = this.pools.get(listener.pool.name)?.pool;
    const load = this.loads.get(listener.key);
    if (pool === undefined || load === undefined) {
      throw new TypeError(`Cannot route ${listener.key}: the plan lacks it`);
    }
    return {
      listener,
      load,
      admission,
      pool,
      dialFrom,
      loops: this.options.loops,
      quickEnds,
      timeouts: planned.timeouts,
      sendsProxyHeader: listener.pool.targets.some(({ proxyProtocol }) => proxyProtocol !== 'off'),
    };
  }

  /** The pools of these listeners, each once. */
  poolsOf(listeners: readonly PlannedListener[]): readonly CheckedPool[] {
    const names = new Set(listeners.map(({ pool }) => pool.name));
    return [...names].flatMap((name) => this.pools.get(name) ?? []);
  }

  /** Sessions that came in through a listener and live, whatever plan they began with. */
  sessionsThrough(key: string): number {
    return this.loads.get(key)?.sessions ?? 0;
  }

  private updatePools(plan: Plan): void {
    const { onPoolEvent, isOut } = this.options;
    for (const [name, { pool: planned, rules }] of new Map(plan.listeners.map((one) => [one.pool.name, one]))) {
      const { admission, dialFrom, planned: own } = this.rulesOf(rules);
      const { dial, dialTotal } = own.timeouts;
      const known = this.pools.get(name)?.pool;
      known?.update(planned, { trialTime: dialTotal });
      const refuses = (target: PoolTarget, now: number) => admission.checkTarget(target, now);
      const pool = known ?? new Pool(planned, { onEvent: onPoolEvent, refuses, isOut, trialTime: dialTotal });
      this.pools.set(name, { pool, timeout: dial, dialFrom });
    }
  }

  /** Pools go first: each refers to the admission of its rules. */
  private forgetUnused(plan: Plan): void {
    const pools = new Set(plan.listeners.map(({ pool }) => pool.name));
    for (const [name, { pool }] of this.pools) {
      if (!pools.has(name) && !pool.inUse) this.pools.delete(name);
    }
    for (const [name, { admission }] of this.rules) {
      if (!Object.hasOwn(plan.rules, name) && admission.sessions === 0) this.rules.delete(name);
    }
    const keys = new Set(plan.listeners.map(({ key }) => key));
    for (const [key, { sessions }] of this.loads) if (!keys.has(key) && sessions === 0) this.loads.delete(key);
    const targets = [...this.pools.values()].flatMap(({ pool }) => pool.targets);
    this.globals.dials.keep(new Set(targets.map(({ name }) => name)));
  }

  private rulesOf(name: string): RulesInUse {
    const rules = this.rules.get(name);
    if (rules === undefined) throw new TypeError(`Cannot admit clients: the plan has no rules for ${name}`);
    return rules;
  }
}

/** NAT that keeps the port leads back only to a target port that is one of ours. */
function namesThatMayLeadBack({ listeners }: Plan): ReadonlySet<string> {
  const ports = new Set(listeners.map(({ bind }) => bind.port));
  return new Set(
    listeners.flatMap(({ rules, pool }) => (pool.targets.some(({ port }) => ports.has(port)) ? [rules] : [])),
  );
}
