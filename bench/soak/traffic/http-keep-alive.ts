import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { Entry } from '../book.ts';
import type { Environment } from '../environment.ts';
import { ask } from './http-request.ts';
import { routeOf } from './route-of.ts';

/** Many requests over one connection, which the client ends. */
export async function httpKeepAlive(environment: Environment, entry: Entry): Promise<void> {
  const random = environment.random(entry);
  const listener = environment.listener(environment.layout.http, entry);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const carried = { toTarget: 0, toClient: 0 };
  const taken = new Set<Socket>();
  const take = (socket: Socket): void => {
    if (taken.size === 0) routeOf(socket, listener, entry);
    taken.add(socket);
  };
  entry.reasons = ['client closed'];
  try {
    for (let requests = random.whole(5, 100); requests > 0 && !environment.stopping.aborted; requests -= 1) {
      await ask(environment, entry, listener, agent, carried, take);
      if (taken.size > 1) throw new Error('the connection was not kept alive');
      await environment.pause(random.whole(5, 200));
    }
  } finally {
    agent.destroy();
  }
}
