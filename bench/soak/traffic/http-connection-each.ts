import type { Entry } from '../book.ts';
import type { Environment } from '../environment.ts';
import { ask } from './http-request.ts';
import { routeOf } from './route-of.ts';

/** A connection for one request. */
export async function httpConnectionEach(environment: Environment, entry: Entry): Promise<void> {
  const listener = environment.listener(environment.layout.http, entry);
  await environment.pause(environment.random(entry).whole(10, 200));
  await ask(environment, entry, listener, false, { toTarget: 0, toClient: 0 }, (socket) =>
    routeOf(socket, listener, entry),
  );
}
