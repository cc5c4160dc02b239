import { performance } from 'node:perf_hooks';
import type { Leg } from '../engine/engine.ts';
import { admit } from './admit.ts';
import { runSession } from './run-session.ts';
import { Session } from './session.ts';
import type { SessionContext } from './session-context.ts';
import type { SessionRoute } from './session-route.ts';

/**
 * A client has come, and the engine has asked the session limit for room. Who is denied costs no dial and no promise:
 * a reset at once, and a count. Never throws.
 */
export function acceptClient(client: Leg, route: SessionRoute, context: SessionContext): void {
  const now = performance.now();
  try {
    welcome(client, route, context, now);
  } catch (error) {
    // A bug of ours, before there was a session to be ended by it.
    const session = new Session(context.table.nextId(), route, client, context.engine, now);
    session.failed(error);
    context.observer.closed(session.record());
  }
}

/**
 * Whether a client for whom no session is free may wait for one, where the engine has a place for that: strangers must not
 * take the places of others. Who may not is counted as denied. Never throws.
 */
export function mayWait(
  client: Pick<Leg, 'ip'>,
  { admission, listener }: SessionRoute,
  context: SessionContext,
): boolean {
  if (!admission.needsSource) return true;
  try {
    const source = client.ip;
    // It was reset already: see `welcome`.
    if (source === undefined) return true;
    if (admission.expectsHeader(source) || admission.check(source, performance.now()) !== 'address') return true;
    context.denied(listener.rules, 'address', source);
    return false;
  } catch {
    // A bug of ours, which `acceptClient` will meet, too, and tell.
    return true;
  }
}

function welcome(client: Leg, route: SessionRoute, context: SessionContext, now: number): void {
  const source = client.ip;
  if (source === undefined) {
    // It was reset already: the kernel does not know its peer any more.
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
