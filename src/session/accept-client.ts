import { performance } from 'node:perf_hooks';
import type { Leg } from '../engine/engine.ts';
import { admit, needsSource } from './admit.ts';
import { runSession } from './run-session.ts';
import type { SessionHouse } from './session-house.ts';
import type { SessionRoute } from './session-route.ts';

/**
 * A client has come, and the engine has asked the session limit for room. Who is denied costs no dial and no promise:
 * a reset at once, and a count. Those who must send a PROXY header are admitted by what it says.
 */
export function acceptClient(client: Leg, route: SessionRoute, house: SessionHouse): void {
  const source = needsSource(route) ? client.ip : undefined;
  if (source === 0) {
    // It was reset before anybody looked: the kernel does not know its peer any more.
    house.engine.close(client, 'rst');
    return;
  }
  if (source !== undefined && route.admission.expectsHeader(source)) {
    void runSession(client, route, house, undefined, 'header first');
    return;
  }
  const target = admit(route, source, performance.now());
  if (typeof target === 'object' || target === 'no target') void runSession(client, route, house, source, target);
  else {
    house.engine.close(client, 'rst');
    house.denied(route.listener.rules, target);
  }
}
