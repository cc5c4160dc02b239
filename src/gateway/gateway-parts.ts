import type { Logger } from 'pino';
import { createEngine } from '../engine/create-engine.ts';
import { PacedCount } from '../observe/paced-count.ts';
import { lookupLog, poolLog } from '../observe/upstream-log.ts';
import type { Plan } from '../plan/plan.ts';
import { LoopLimit } from '../policy/loop-limit.ts';
import { SessionLimit } from '../policy/session-limit.ts';
import { sessionDialer } from '../session/dial-pool.ts';
import type { SessionContext } from '../session/session-context.ts';
import type { SessionObserver } from '../session/session-events.ts';
import { SessionTable } from '../session/session-table.ts';
import { ExhaustedTargets } from '../upstream/exhausted-targets.ts';
import { HealthChecks } from '../upstream/health-checks.ts';
import { OwnAddresses } from '../upstream/own-addresses.ts';
import { Resolver } from '../upstream/resolver.ts';
import { TakenOut } from '../upstream/taken-out.ts';
import type { DialContext } from '../upstream/target-dial.ts';
import { targetGuard } from '../upstream/target-guard.ts';
import { tcpProbe } from '../upstream/tcp-probe.ts';
import { DenialLog } from './denial-log.ts';
import { Listener } from './listener.ts';
import { ListenerSet } from './listener-set.ts';
import { Routes } from './routes.ts';

/** Milliseconds between two lines about clients that found neither a session nor a place to wait. */
const turnedAwayPause = 10_000;

/** What a gateway is made of. All of it lives on when the plan changes. */
export interface GatewayParts {
  readonly context: SessionContext;
  readonly routes: Routes;
  readonly listeners: ListenerSet;
  readonly checks: HealthChecks;
  readonly takenOut: TakenOut;
  readonly denials: DenialLog;
  readonly turnedAway: PacedCount;
  /** Takes the limits of the next plan, and what it says of rules and pools; `routes` follow it from then on. */
  update(plan: Plan): void;
}

/** Makes them for a first plan. Nothing listens yet. Throws where the engine cannot be made. */
export async function makeParts(
  plan: Plan,
  { logger, observer }: { readonly logger: Logger; readonly observer: SessionObserver },
): Promise<GatewayParts> {
  const engine = await createEngine(plan.engine.name, plan.limits);
  const resolver = new Resolver(undefined, { stale: plan.names.stale, onEvent: lookupLog(logger) });
  const own = new OwnAddresses(plan);
  const guard = targetGuard(plan, own);
  const dials: DialContext = { resolver, guard, exhausted: new ExhaustedTargets() };
  const loops = new LoopLimit(plan.limits.possibleLoops, (ip) => own.hasBeyondLoopback(ip));
  const denials = new DenialLog(logger);
  const takenOut = new TakenOut();
  const limit = new SessionLimit(plan.limits.sessions);
  const table = new SessionTable();
  const context: SessionContext = {
    engine,
    dialer: sessionDialer(engine, dials),
    limit,
    table,
    observer,
    denied: (rules, denial, source) => denials.denied(rules, denial, source),
  };
  const routes = new Routes(plan, {
    loops,
    onPoolEvent: poolLog(logger),
    isOut: (target) => takenOut.has(target),
    live: () => table.live(),
  });
  const checks = new HealthChecks({ probe: tcpProbe(dials), mostAtOnce: plan.limits.healthChecks });
  const turnedAway = new PacedCount(turnedAwayPause, (clients) => {
    logger.warn({ clients, reason: 'limit' }, 'clients turned away: no session and no place to wait is free');
  });
  return {
    context,
    routes,
    listeners: new ListenerSet((planned) => new Listener(planned, context, () => turnedAway.add())),
    checks,
    takenOut,
    denials,
    turnedAway,
    update(next) {
      engine.configure(next.limits);
      resolver.update(next.names);
      own.update(next);
      guard.update(next);
      loops.update(next.limits.possibleLoops);
      limit.update(next.limits.sessions);
      routes.update(next);
    },
  };
}
