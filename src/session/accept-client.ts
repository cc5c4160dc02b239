import { performance } from 'node:perf_hooks';
import type { Leg } from '../engine/engine.ts';
import { admit } from './admit.ts';
import { runSession } from './run-session.ts';
import { Session } from './session.ts';
import type { SessionHouse } from './session-house.ts';
import type { SessionRoute } from './session-route.ts';

/**
 * A client has come, and the engine has asked the session limit for room. Who is denied costs no dial and no promise:
 * a reset at once, and a count. Never throws.
 */
export function acceptClient(client: Leg, route: SessionRoute, house: SessionHouse): void {
  const now = performance.now();
  try {
    welcome(client, route, house, now);
  } catch (error) {
    // A bug of ours, before there was a session to be ended by it.
    const session = new Session(house.table.nextId(), route, client, house.engine, now);
    session.failed(error);
    house.observer.closed(session.record());
  }
}

/**
 * Whether a client for whom no session is free may wait for one, where the engine has a place for that: strangers must not
 * take the places of others. Who may not is counted as denied. Never throws.
 */
export function mayWait(client: Pick<Leg, 'ip'>, { admission, listener }: SessionRoute, house: SessionHouse): boolean {
  if (!admission.needsSource) return true;
  try {
    const source = client.ip;
    // Reset before anybody looked, see `welcome`.
    if (source === 0) return true;
    if (admission.expectsHeader(source) || admission.check(source, performance.now()) !== 'address') return true;
    house.denied(listener.rules, 'address', source);
    return false;
  } catch {
    // A bug of ours, which `acceptClient` will meet, too, and tell.
    return true;
  }
}

function welcome(client: Leg, route: SessionRoute, house: SessionHouse, now: number): void {
  const source = client.ip;
  if (source === 0) {
    // It was reset before anybody looked: the kernel does not know its peer any more.
    house.engine.close(client, 'rst');
    return;
  }
  if (route.admission.expectsHeader(source)) {
    void runSession(client, route, house, { kind: 'header first' }, now);
    return;
  }
  const first = admit(route, source, source, now);
  if (typeof first === 'object' || first === 'no target') {
    void runSession(client, route, house, { kind: 'admitted', source, first }, now);
  } else {
    house.engine.close(client, 'rst');
    house.denied(route.listener.rules, first, source);
  }
}
