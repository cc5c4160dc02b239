import type { Engine, Leg } from '../engine/engine.ts';
import type { PlannedListener, PlannedTimeouts } from '../plan/plan.ts';
import type { ListenerLoad, SessionLimit } from '../policy/session-limit.ts';
import type { Resolver } from '../upstream/resolver.ts';
import { TargetDial } from './dial-target.ts';
import { Session } from './session.ts';
import type { SessionObserver } from './session-events.ts';
import type { SessionTable } from './session-table.ts';

/** What every session of a gateway works with. */
export interface SessionHouse {
  readonly engine: Engine;
  readonly resolver: Resolver;
  readonly limit: SessionLimit;
  readonly table: SessionTable;
  readonly timeouts: PlannedTimeouts;
  readonly observer: SessionObserver;
}

/**
 * The life of a session, whichever engine runs: accept -> dial -> relay -> record. The engine has asked the session
 * limit for room before it calls. Expected outcomes are values; what is thrown is a bug, and ends this session alone.
 */
export async function runSession(
  client: Leg,
  listener: PlannedListener,
  load: ListenerLoad,
  house: SessionHouse,
): Promise<void> {
  const { engine, resolver, limit, table, timeouts, observer } = house;
  const session = new Session(table.nextId(), listener, client, engine);
  limit.enter(load);
  table.add(session);
  let targetLeg: Leg | undefined;
  try {
    if (observer.wants !== 'bugs') session.identify();
    if (observer.wants === 'opened and closed') observer.opened(session.snapshot());

    // Dial: a client that resets meanwhile takes the dial with it.
    const dial = new TargetDial(listener.targets[0], engine, resolver, timeouts.dial);
    session.dialing(dial);
    client.onGone = () => session.kill('client reset');
    const dialed = await dial.done;
    if (!dialed.ok) {
      session.reason ??= dialed.reason === 'cancelled' ? 'internal' : dialed.reason;
      session.error = dialed.error;
      engine.close(client, 'rst');
      return;
    }
    if (session.reason !== undefined) {
      // Killed in the very turn in which the target answered.
      engine.close(dialed.leg, 'rst');
      return;
    }

    // Relay: it owns both legs from here on.
    client.onGone = null;
    targetLeg = dialed.leg;
    const relay = engine.relay(client, dialed.leg, timeouts);
    targetLeg = undefined;
    session.relaying(relay);
    session.reason = await relay.done;
    session.error = relay.error;
  } catch (error) {
    session.identify();
    session.kill('internal');
    if (targetLeg !== undefined) engine.close(targetLeg, 'rst');
    session.error = error instanceof Error ? error : new Error(String(error));
  } finally {
    session.ended();
    table.delete(session);
    limit.leave(load);
    engine.admitWaiting();
    if (observer.wants !== 'bugs' || session.reason === 'internal') observer.closed(session.record());
  }
}
