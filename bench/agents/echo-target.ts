/** Sends back whatever comes. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';

export interface EchoTarget {
  listen(params: { readonly host: string }): Promise<Endpoint>;
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('error', () => socket.destroy());
});

serve<EchoTarget>({
  async listen({ host }) {
    server.listen({ host, port: 0, backlog: 1024 });
    await once(server, 'listening');
    return { host, port: (server.address() as AddressInfo).port };
  },
});
