import type { Socket } from 'node:net';
import type { Endpoint } from '../../agents/endpoint.ts';
import type { Entry } from '../book.ts';

/** Enters the way that a socket of an HTTP client takes, once it is connected. */
export function routeOf(socket: Socket, listener: Endpoint, entry: Entry): void {
  entry.listener = `${listener.host}:${listener.port}`;
  socket.once('connect', () => {
    entry.client = `${socket.localAddress}:${socket.localPort}`;
  });
}
