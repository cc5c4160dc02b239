/** Sends back whatever comes. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';

export interface EchoTarget {
  listen(at: Endpoint): Promise<null>;
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('error', () => socket.destroy());
});

serve<EchoTarget>({
  async listen({ host, port }) {
    server.listen({ host, port, backlog: 1024 });
    await once(server, 'listening');
    return null;
  },
});
