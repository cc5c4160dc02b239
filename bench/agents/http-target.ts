/** A small HTTP server that counts its connections and requests. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '../process/serve.ts';
import type { Endpoint } from './endpoint.ts';
import { httpBody } from './http-body.ts';

export interface HttpTarget {
  listen(params: { readonly host: string }): Promise<Endpoint>;
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
  async listen({ host }) {
    server.listen({ host, port: 0, backlog: 1024 });
    await once(server, 'listening');
    return { host, port: (server.address() as AddressInfo).port };
  },
  async counts() {
    return { connections, requests };
  },
});
