import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import type { CloseReason } from '../base/close-reason.ts';
import { numberRanges } from '../base/number-ranges.ts';
import { createEngine } from '../engine/create-engine.ts';
import type { Acceptor } from '../engine/engine.ts';
import { PacedCount } from '../observe/paced-count.ts';
import { lookupLog, poolLog } from '../observe/upstream-log.ts';
import type { Plan, PlannedListener } from '../plan/plan.ts';
import { LoopLimit } from '../policy/loop-limit.ts';
import { SessionLimit } from '../policy/session-limit.ts';
import { acceptClient, mayWait } from '../session/accept-client.ts';
import { sessionDialer } from '../session/dial-pool.ts';
import type { SessionContext } from '../session/session-context.ts';
import type { SessionObserver, SessionSnapshot } from '../session/session-events.ts';
import { SessionTable } from '../session/session-table.ts';
import { ExhaustedTargets } from '../upstream/exhausted-targets.ts';
import { HealthChecks } from '../upstream/health-checks.ts';
import { OwnAddresses } from '../upstream/own-addresses.ts';
import { Resolver } from '../upstream/resolver.ts';
import type { DialContext } from '../upstream/target-dial.ts';
import { targetGuard } from '../upstream/target-guard.ts';
import { tcpProbe } from '../upstream/tcp-probe.ts';
import { type DenialCount, DenialLog } from './denial-log.ts';
import { explainFailures, type ListenerFailures, portsOf } from './listener-failure.ts';
import { Routes } from './routes.ts';

export interface GatewayOptions {
  readonly logger: Logger;
  /** Notified when sessions open and close. */
  readonly observer: SessionObserver;
  /** Whether a port that cannot be bound makes the start fail, or is left out. */
  readonly busyPorts: 'fail' | 'skip';
}

export type GatewayStart =
  | { readonly kind: 'started'; readonly gateway: Gateway }
  /** Nothing is served. */
  | { readonly kind: 'failed'; readonly failures: readonly ListenerFailures[] };

/** A running gateway. */
export interface Gateway {
  /** Listeners that could not be opened; only with `busyPorts: 'skip'`. */
  readonly skipped: readonly ListenerFailures[];
  /** Listeners that are up. */
  readonly served: number;
  sessions(): SessionSnapshot[];
  /** Sessions that have ended since the start, by reason. */
  endings(): Partial<Record<CloseReason, number>>;
  /** Clients denied since the start, by service or forward and cause. */
  denials(): readonly DenialCount[];
  /** Clients since the start for whom there was neither a session nor a place to wait. */
  turnedAway(): number;
  /**
   * Stops accepting, lets sessions end for up to `timeouts.drain`, then ends them. Resolves when all is closed. `until
   * empty` has no deadline; a further call can set one.
   */
  drain(extent?: 'until the time-out' | 'until empty'): Promise<void>;
  /** Ends everything at once. May be called during a drain, and twice. */
  close(): Promise<void>;
}

const clock = (): number => performance.now();

/** Milliseconds between two lines about clients that found neither a session nor a place to wait. */
const turnedAwayPause = 10_000;

/** Opens every listener of `plan` and serves. Clients wait until all are open. */
export async function startGateway(plan: Plan, options: GatewayOptions): Promise<GatewayStart> {
  const { logger } = options;
  const engine = await createEngine(plan.engine.name, plan.limits);
  const resolver = new Resolver(undefined, { stale: plan.names.stale, onEvent: lookupLog(logger) });
  const own = new OwnAddresses(plan);
  const dials: DialContext = { resolver, guard: targetGuard(plan, own), exhausted: new ExhaustedTargets() };
  const loops = new LoopLimit(plan.limits.possibleLoops, (ip) => own.hasBeyondLoopback(ip));
  const denials = new DenialLog(logger);
  const context: SessionContext = {
    engine,
    dialer: sessionDialer(engine, dials),
    limit: new SessionLimit(plan.limits.sessions),
    table: new SessionTable(),
    observer: options.observer,
    denied: (rules, denial, source) => denials.denied(rules, denial, source),
  };
  const routes = new Routes(plan, loops, poolLog(logger));
  const checks = new HealthChecks({ probe: tcpProbe(dials), mostAtOnce: plan.limits.healthChecks });
  let state: 'starting' | 'serving' | 'closing' = 'starting';

  const turnedAway = new PacedCount(turnedAwayPause, (clients) => {
    logger.warn({ clients, reason: 'limit' }, 'clients turned away: no session and no place to wait is free');
  });
  const open = async (listener: PlannedListener): Promise<Acceptor | { listener: PlannedListener; code: string }> => {
    const route = routes.route(listener);
    const listening = await engine.listen(listener.bind, {
      room: () => (state === 'serving' ? context.limit.room(route.load, clock) : 'none'),
      mayWait: (client) => mayWait(client, route, context),
      onTurnedAway: () => turnedAway.add(),
      onClient: (leg) => acceptClient(leg, route, context),
    });
    return listening.ok ? listening.acceptor : { listener, code: listening.code };
  };
  const opened = await Promise.all(plan.listeners.map(open));
  const acceptors = opened.filter((one) => 'local' in one);
  const failures = explainFailures(opened.filter((one) => 'code' in one));
  for (const failure of failures) logger.error(failureFields(failure), failure.message);

  const closeAcceptors = (): void => {
    state = 'closing';
    for (const acceptor of acceptors) acceptor.close();
  };
  const finish = async (): Promise<void> => {
    await checks.stop();
    await context.table.empty();
    denials.close();
    turnedAway.flush();
    engine.shutDown();
  };
  if (failures.length > 0 && (options.busyPorts === 'fail' || acceptors.length === 0)) {
    closeAcceptors();
    await finish();
    return { kind: 'failed', failures };
  }
  state = 'serving';
  engine.admitWaiting();
  checks.update(routes.poolsOf(plan.listeners.filter((_, index) => 'local' in (opened[index] ?? {}))));

  const gateway: Gateway = {
    skipped: failures,
    served: acceptors.length,
    sessions: () => context.table.snapshots(),
    endings: () => context.table.endings(),
    denials: () => denials.counts(),
    turnedAway: () => turnedAway.total,
    async drain(extent = 'until the time-out') {
      closeAcceptors();
      if (extent === 'until empty') return await finish();
      const deadline = setTimeout(() => context.table.killAll('drained'), plan.drain.sessions);
      await finish();
      clearTimeout(deadline);
    },
    async close() {
      closeAcceptors();
      context.table.killAll('killed');
      await finish();
    },
  };
  return { kind: 'started', gateway };
}

/** One listener has its key, several have their ports. */
function failureFields({ listeners, code }: ListenerFailures): object {
  const [first] = listeners;
  if (first !== undefined && listeners.length === 1) return { listener: first.key, code };
  return { listeners: listeners.length, ports: numberRanges(portsOf(listeners)), code };
}
