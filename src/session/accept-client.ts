import { performance } from 'node:perf_hooks';
import type { Leg } from '../engine/engine.ts';
import { admit } from './admit.ts';
import { runSession } from './run-session.ts';
import { Session } from './session.ts';
import type { SessionContext, SessionRoute } from './session-context.ts';

/**
 * A client has connected, and the session limit has room for it. A denied client gets a reset at once and is counted;
 * it uses no session, no dial and no promise. Never throws.
 */
export function acceptClient(client: Leg, route: SessionRoute, context: SessionContext): void {
  const now = performance.now();
  try {
    decide(client, route, context, now);
  } catch (error) {
    // A bug of ours, before there was a session that it could end.
    const session = new Session(context.table.nextId(), route, client, context.engine, now);
    session.failed(error);
    context.observer.closed(session.record());
  }
}

/**
 * Whether a client may wait until a session is free, in an engine that accepts it first: denied clients must not take
 * the places of others. A client that may not is counted as denied. Never throws.
 */
export function mayWait(
  client: Pick<Leg, 'ip'>,
  { admission, listener }: SessionRoute,
  context: SessionContext,
): boolean {
  try {
    const source = client.ip;
    // Reset already, see `decide`.
    if (source === undefined) return true;
    if (admission.expectsHeader(source) || admission.check(source, performance.now()) !== 'address') return true;
    context.denied(listener.rules, 'address', source);
    return false;
  } catch {
    // A bug of ours; `acceptClient` will meet it, too, and report it.
    return true;
  }
}

function decide(client: Leg, route: SessionRoute, context: SessionContext, now: number): void {
  const source = client.ip;
  if (source === undefined) {
    // It was reset before it was accepted: the kernel does not know its peer any more.
    context.engine.close(client, 'rst');
    return;
  }
  if (route.admission.expectsHeader(source)) {
    void runSession(client, route, context, { kind: 'header first' }, now);
    return;
  }
  const first = admit(route, source, source, now);
  if (typeof first === 'object' || first === 'no target') {
    void runSession(client, route, context, { kind: 'admitted', source, first }, now);
  } else {
    context.engine.close(client, 'rst');
    context.denied(route.listener.rules, first, source);
  }
}
