import type { Plan, PlannedListener } from '../plan/plan.ts';
import { Admission, GlobalScope } from '../policy/admission.ts';
import type { LoopLimit } from '../policy/loop-limit.ts';
import { QuickEnds } from '../policy/quick-ends.ts';
import { emptyLoad } from '../policy/session-limit.ts';
import type { SessionRoute } from '../session/session-context.ts';
import { DialSources } from '../upstream/dial-sources.ts';
import { Pool, type PoolEvent, type PoolTarget } from '../upstream/pool.ts';

/** A pool, and the milliseconds that connecting to its targets may take. */
interface CheckedPool {
  readonly pool: Pool;
  readonly timeout: number;
  /** The addresses that its targets are dialed from. */
  readonly dialFrom: DialSources;
}

/** The run-time objects of a gateway's listeners, keyed by name: they can outlive a plan. */
export class Routes {
  private readonly plan: Plan;
  private readonly loops: LoopLimit;
  private readonly admissions: ReadonlyMap<string, Admission>;
  private readonly dialFrom: ReadonlyMap<string, DialSources>;
  private readonly quickEnds: ReadonlyMap<string, QuickEnds>;
  /** By name: the listeners of one forward share a pool. */
  private readonly pools: ReadonlyMap<string, CheckedPool>;

  constructor(plan: Plan, loops: LoopLimit, onPoolEvent: (event: PoolEvent) => void) {
    this.plan = plan;
    this.loops = loops;
    const globals = new GlobalScope(plan.limits);
    this.admissions = new Map(Object.entries(plan.rules).map(([name, rules]) => [name, new Admission(rules, globals)]));
    this.dialFrom = new Map(Object.entries(plan.rules).map(([name, rules]) => [name, new DialSources(rules.dialFrom)]));
    const { possibleLoops } = plan.limits;
    // NAT that keeps the port leads back only to a target port that is one of ours.
    const ports = new Set(plan.listeners.map(({ bind }) => bind.port));
    const leadsBack = new Set(
      plan.listeners.flatMap(({ rules, pool }) => (pool.targets.some(({ port }) => ports.has(port)) ? [rules] : [])),
    );
    this.quickEnds = new Map(
      Object.keys(plan.rules).map((name) => [name, new QuickEnds(leadsBack.has(name) ? possibleLoops : undefined)]),
    );
    const pools = new Map<string, CheckedPool>();
    for (const { rules, pool } of plan.listeners) {
      if (pools.has(pool.name)) continue;
      const admission = this.admission(rules);
      const refuses = (target: PoolTarget, now: number) => admission.checkTarget(target, now);
      const { dial, dialTotal } = plan.rules[rules]?.timeouts ?? plan.timeouts;
      pools.set(pool.name, {
        pool: new Pool(pool, { onEvent: onPoolEvent, refuses, trialTime: dialTotal }),
        timeout: dial,
        dialFrom: this.sources(rules),
      });
    }
    this.pools = pools;
  }

  route(listener: PlannedListener): SessionRoute {
    const rules = this.plan.rules[listener.rules];
    const pool = this.pools.get(listener.pool.name)?.pool;
    const quickEnds = this.quickEnds.get(listener.rules);
    if (rules === undefined || pool === undefined || quickEnds === undefined) {
      throw new TypeError(`Cannot route ${listener.key}: the plan lacks its rules`);
    }
    return {
      listener,
      load: emptyLoad(rules.perListener),
      admission: this.admission(listener.rules),
      pool,
      dialFrom: this.sources(listener.rules),
      loops: this.loops,
      quickEnds,
      timeouts: rules.timeouts,
      sendsProxyHeader: listener.pool.targets.some(({ proxyProtocol }) => proxyProtocol !== 'off'),
    };
  }

  /** The pools of these listeners, each once. */
  poolsOf(listeners: readonly PlannedListener[]): readonly CheckedPool[] {
    const names = new Set(listeners.map(({ pool }) => pool.name));
    return [...this.pools].filter(([name]) => names.has(name)).map(([, pool]) => pool);
  }

  private sources(name: string): DialSources {
    return this.dialFrom.get(name) ?? new DialSources([]);
  }

  private admission(name: string): Admission {
    const admission = this.admissions.get(name);
    if (admission === undefined) throw new TypeError(`Cannot admit clients: the plan has no rules for ${name}`);
    return admission;
  }
}
