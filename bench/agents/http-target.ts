/** A small HTTP server that counts its connections and requests. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';
import { httpBody } from './http-body.ts';

export interface HttpTarget {
  listen(at: Endpoint): Promise<null>;
  counts(params: null): Promise<{ readonly connections: number; readonly requests: number }>;
}

let connections = 0;
let requests = 0;
const server = createServer((_request, response) => {
  requests += 1;
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': httpBody.length });
  response.end(httpBody);
});
server.keepAliveTimeout = 120_000;
server.on('connection', () => {
  connections += 1;
});

serve<HttpTarget>({
  async listen({ host, port }) {
    server.listen({ host, port, backlog: 1024 });
    await once(server, 'listening');
    return null;
  },
  async counts() {
    return { connections, requests };
  },
});
