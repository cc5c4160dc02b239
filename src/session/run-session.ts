import { performance } from 'node:perf_hooks';
import type { Ip } from '../base/ip.ts';
import type { Leg, RelayOptions } from '../engine/engine.ts';
import { closeReasonOf } from '../policy/denial.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import { admit } from './admit.ts';
import { ClientHeader } from './client-header.ts';
import { dialOne, dialOthers } from './dial-pool.ts';
import { Session } from './session.ts';
import type { SessionHouse } from './session-house.ts';
import type { SessionRoute } from './session-route.ts';
import { targetHeader } from './target-header.ts';

/**
 * The life of a session, whichever engine runs: accept -> (PROXY header) -> admit -> pick a target -> dial -> relay ->
 * record. `accept-client.ts` has admitted the client already and picked `first`, unless a header must be read before.
 * Expected outcomes are values; what is thrown is a bug, and ends this session alone.
 */
export async function runSession(
  client: Leg,
  route: SessionRoute,
  house: SessionHouse,
  source: Ip | undefined,
  first: PoolTarget | 'no target' | 'header first',
): Promise<void> {
  const { engine, limit, table, observer } = house;
  const { admission, load, timeouts } = route;
  const session = new Session(table.nextId(), route, client, engine);
  limit.enter(load);
  table.add(session);
  let admitted: 'yes' | 'no' = first === 'header first' ? 'no' : 'yes';
  let targetLeg: Leg | undefined;
  try {
    // PROXY header: who comes is what it says, and is admitted by that.
    if (first === 'header first') {
      const header = new ClientHeader(client, engine, timeouts.proxyHeader);
      session.readingHeader(header);
      const read = await header.done;
      if (!read.ok) {
        session.end(read.reason, read.error);
        return;
      }
      if (session.reason !== undefined) return;
      session.conveys(read.header);
      source = session.conveyed?.source.ip ?? client.ip;
      const target = admit(route, source, performance.now());
      if (typeof target === 'string' && target !== 'no target') {
        session.end(closeReasonOf(target));
        house.denied(route.listener.rules, target);
        return;
      }
      admitted = 'yes';
      first = target;
    }
    if (observer.wants !== 'bugs') session.identify();
    if (observer.wants === 'opened and closed') observer.opened(session.snapshot());

    // Dial: a client that resets meanwhile takes the dial with it.
    if (first === 'no target') {
      session.end('no target');
      return;
    }
    if (client.gone) {
      session.end('client reset');
      return;
    }
    client.onGone = () => session.kill('client reset');
    let dialed = await dialOne(session, first, house, timeouts.dialTotal);
    if (!dialed.ok) dialed = await dialOthers(session, first, dialed, source, house);
    else route.pool.succeeded(first, performance.now());
    if (!dialed.ok) {
      session.end(dialed.reason === 'cancelled' ? 'internal' : dialed.reason, dialed.error);
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
    const relay = engine.relay(client, dialed.leg, relayOptions(session, route));
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
    if (admitted === 'yes') admission.leave(source, performance.now());
    engine.admitWaiting();
    if (observer.wants !== 'bugs' || session.reason === 'internal') observer.closed(session.record());
  }
}

/** Mostly the very time-outs of the route, so that nothing is made for each session. */
function relayOptions(session: Session, { timeouts }: SessionRoute): RelayOptions {
  const prefix = session.target === null ? undefined : targetHeader(session.target.planned, session);
  if (prefix === undefined && timeouts.maxAge === undefined) return timeouts;
  return {
    idle: timeouts.idle,
    halfClosed: timeouts.halfClosed,
    keepAlive: timeouts.keepAlive,
    ...(prefix !== undefined && { prefix }),
    ...(timeouts.maxAge !== undefined && { maxAge: Math.max(1, timeouts.maxAge - session.age()) }),
  };
}
