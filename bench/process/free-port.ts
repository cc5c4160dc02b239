import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Endpoint } from '../agents/endpoint.ts';
import { ephemeralPorts } from './proc.ts';

/** Where the search goes on: each caller gets a port that no earlier one had, so no connection of an earlier one lingers. */
let next = 20_000;

/** A free port on 127.0.0.1, for a forwarder or a target: services live below the ports of outgoing connections. */
export async function freeEndpoint(): Promise<Endpoint> {
  return { host: '127.0.0.1', port: await freePort() };
}

/** A free port below the ports of outgoing connections, which could take it before its user does. */
async function freePort(): Promise<number> {
  const end = Math.min(ephemeralPorts().first, 32_768);
  while (next < end) {
    const port = next++;
    const server = createServer();
    const listening = once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.listen({ host: '127.0.0.1', port });
    if (!(await listening)) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error(`Cannot find a free port: 20000 to ${end - 1} are all taken or used up`);
}
