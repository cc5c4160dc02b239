import type { Logger } from 'pino';
import { createEngine } from '../engine/create-engine.ts';
import type { Door } from '../engine/engine.ts';
import type { Plan, PlannedListener } from '../plan/plan.ts';
import { SessionLimit } from '../policy/session-limit.ts';
import { runSession, type SessionHouse } from '../session/run-session.ts';
import type { SessionObserver, SessionSnapshot } from '../session/session-events.ts';
import { SessionTable } from '../session/session-table.ts';
import { Resolver } from '../upstream/resolver.ts';
import { explainFailures, type ListenerFailure } from './listener-failure.ts';
import { turnedAwayLog } from './turned-away.ts';

export interface GatewayOptions {
  readonly logger: Logger;
  /** Sees sessions come and go. */
  readonly observer: SessionObserver;
  /** What a port that cannot be bound means: nothing is served, or the rest is. */
  readonly busyPorts: 'fail' | 'skip';
}

export type GatewayStart =
  | { readonly kind: 'started'; readonly gateway: Gateway }
  /** Nothing is served. */
  | { readonly kind: 'failed'; readonly failures: readonly ListenerFailure[] };

/** A running gateway. */
export interface Gateway {
  /** Listeners that could not be opened; only with `busyPorts: 'skip'`. */
  readonly skipped: readonly ListenerFailure[];
  /** Listeners that are up. */
  readonly served: number;
  sessions(): SessionSnapshot[];
  /** Stops accepting, lets sessions end for up to `timeouts.drain`, then ends them; resolves when all is closed. */
  drain(): Promise<void>;
  /** Ends everything at once. May be called during a drain, and twice. */
  close(): Promise<void>;
}

/** Opens every listener of `plan` and serves. Clients that come before all are open wait for it. */
export async function startGateway(plan: Plan, options: GatewayOptions): Promise<GatewayStart> {
  const { logger } = options;
  const engine = await createEngine(plan.engine.name, plan.limits);
  const house: SessionHouse = {
    engine,
    resolver: new Resolver(),
    limit: new SessionLimit(plan.limits),
    table: new SessionTable(),
    timeouts: plan.timeouts,
    observer: options.observer,
  };
  let state: 'starting' | 'serving' | 'closing' = 'starting';

  const onTurnedAway = turnedAwayLog(logger);
  const open = async (listener: PlannedListener): Promise<Door | { listener: PlannedListener; code: string }> => {
    const load = { sessions: 0 };
    const listening = await engine.listen(listener.bind, {
      hasRoom: () => state === 'serving' && house.limit.hasRoom(load),
      onTurnedAway,
      onClient: (leg) => void runSession(leg, listener, load, house),
    });
    return listening.ok ? listening.door : { listener, code: listening.code };
  };
  const opened = await Promise.all(plan.listeners.map(open));
  const doors = opened.filter((one) => 'local' in one);
  const failures = explainFailures(opened.filter((one) => 'code' in one));
  for (const { listener, code, message } of failures) logger.error({ listener: listener.key, code }, message);

  const closeDoors = (): void => {
    state = 'closing';
    for (const door of doors) door.close();
  };
  const finish = async (): Promise<void> => {
    await house.table.empty();
    engine.shutDown();
  };
  if (failures.length > 0 && (options.busyPorts === 'fail' || doors.length === 0)) {
    closeDoors();
    await finish();
    return { kind: 'failed', failures };
  }
  state = 'serving';
  engine.admitWaiting();

  const gateway: Gateway = {
    skipped: failures,
    served: doors.length,
    sessions: () => house.table.snapshots(),
    async drain() {
      closeDoors();
      const deadline = setTimeout(() => house.table.killAll('drained'), plan.timeouts.drain);
      await finish();
      clearTimeout(deadline);
    },
    async close() {
      closeDoors();
      house.table.killAll('killed');
      await finish();
    },
  };
  return { kind: 'started', gateway };
}
