import type { SocketAddress } from '../base/address.ts';
import { type Ip, ipOf } from '../base/ip.ts';
import type { Leg, RelayOptions } from '../engine/engine.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import type { ProxyEndpoint } from '../proxy-protocol/proxy-header.ts';
import { writeProxyHeader } from '../proxy-protocol/write-proxy-header.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import { admitByHeader } from './admit.ts';
import { closeReasonOf, dialOne, dialOthers } from './dial-pool.ts';
import { Session } from './session.ts';
import type { SessionContext, SessionRoute } from './session-context.ts';

/** The decision about a client at accept. `header first`: its PROXY header decides whether it is admitted. */
export type AcceptDecision =
  | { readonly kind: 'admitted'; readonly source: Ip; readonly first: PoolTarget | 'no target' }
  | { readonly kind: 'header first' };

/**
 * The life of a session, whichever engine runs: accept -> (PROXY header) -> admit -> pick a target -> dial -> relay ->
 * record. Expected outcomes are values; an exception is a bug, and ends this session alone. `now`: when the client was
 * accepted.
 */
export async function runSession(
  client: Leg,
  route: SessionRoute,
  context: SessionContext,
  decision: AcceptDecision,
  now: number,
): Promise<void> {
  const { engine, limit, table, observer } = context;
  const session = new Session(table.nextId(), route, client, engine, now);
  limit.enter(route.load, now);
  table.add(session);
  let targetLeg: Leg | undefined;
  try {
    // Admit: without a PROXY header this was done at accept.
    if (decision.kind === 'admitted') session.admitted(decision.source, decision.source, decision.first);
    const first = decision.kind === 'admitted' ? decision.first : await admitByHeader(session, context);
    if (first === 'ended') return;
    if (observer.wants !== 'bugs' || route.sendsProxyHeader) session.identify();
    if (observer.wants === 'opened and closed') observer.opened(session.snapshot());
    if (first === 'no target') {
      session.end('no target');
      return;
    }

    // Dial: a reset of the client cancels the dial.
    client.onReset = () => session.clientReset();
    let dialed = await dialOne(session, first, context, route.timeouts.dialTotal);
    if (!dialed.ok) dialed = await dialOthers(session, first, dialed, context);
    if (!dialed.ok) {
      if (dialed.reason !== 'cancelled' && dialed.reason !== 'loop') session.counts.notConnected();
      session.end(closeReasonOf(dialed), dialed.error);
      return;
    }
    targetLeg = dialed.leg;
    session.reached();
    if (session.reason !== undefined) {
      // Killed in the turn of the loop in which the target answered.
      engine.close(dialed.leg, 'rst');
      return;
    }

    if (!session.counts.mayRelay(session.target?.ip ?? dialed.leg.ip)) {
      engine.close(dialed.leg, 'rst');
      session.end('limit');
      context.denied(route.listener.rules, 'possible loop', session.counts.source);
      return;
    }

    // Relay: it owns both legs from here on.
    client.onReset = null;
    const relay = engine.relay(client, dialed.leg, relayOptions(session));
    targetLeg = undefined;
    session.relaying(relay);
    session.reason = await relay.done;
    session.error = relay.error;
  } catch (error) {
    if (targetLeg !== undefined) engine.close(targetLeg, 'rst');
    session.failed(error);
  } finally {
    session.ended();
    table.delete(session);
    limit.leave(route.load, session.bytesToTarget + session.bytesToClient > 0 ? 'some' : 'none');
    engine.admitWaiting();
    if (observer.wants !== 'bugs' || session.reason === 'internal') observer.closed(session.record());
  }
}

/** Mostly the time-outs of the route themselves, so that nothing is allocated for each session. */
function relayOptions(session: Session): RelayOptions {
  const { timeouts } = session.route;
  const prefix = session.target === null ? undefined : targetHeader(session.target.planned, session);
  if (prefix === undefined && timeouts.maxAge === undefined) return timeouts;
  return {
    idle: timeouts.idle,
    halfClosed: timeouts.halfClosed,
    keepAlive: timeouts.keepAlive,
    ...(prefix !== undefined && { prefix }),
    ...(timeouts.silent !== undefined && { silent: timeouts.silent }),
    ...(timeouts.maxAge !== undefined && { maxAge: Math.max(1, timeouts.maxAge - session.age()) }),
  };
}

/** The PROXY header that names the client; `undefined` where the target does not get one. */
function targetHeader({ proxyProtocol }: PlannedTarget, session: Session): Buffer | undefined {
  if (proxyProtocol === 'off') return undefined;
  const { client, conveyed } = session;
  if (conveyed !== undefined) return writeProxyHeader(proxyProtocol, conveyed.source, conveyed.destination);
  return writeProxyHeader(proxyProtocol, endpointOf(session.identify()), endpointOf(client.local));
}

/** 0.0.0.0, for an end of a reset connection: the kernel does not know its address any more. */
const unknownIp: Ip = 0;

function endpointOf({ address, port }: SocketAddress): ProxyEndpoint {
  return { ip: address === '' ? unknownIp : ipOf(address), port };
}
