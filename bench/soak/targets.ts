import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../agents/endpoint.ts';
import type { Layout } from './layout.ts';

/** Bytes with which a session begins: its number. */
export const greetingLength = 8;
const magic = 0x46_47_53_4b;

export function greeting(session: number): Buffer {
  const bytes = Buffer.alloc(greetingLength);
  bytes.writeUInt32BE(magic);
  bytes.writeUInt32BE(session, 4);
  return bytes;
}

/** Takes the target's end of a session; `rest` is what came behind the greeting. */
export type Meet = (session: number, socket: Socket, rest: Buffer) => void;
export type AnswerHttp = (request: IncomingMessage, response: ServerResponse) => void;

/** Every server of the subnet. */
export class Targets {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  async open(layout: Layout, meet: Meet, answer: AnswerHttp): Promise<void> {
    for (const at of [...layout.raw.targets, layout.storm.target])
      await this.#serve(at, (socket) => greet(socket, meet));
    await this.#serve(layout.rude.target, (socket) => socket.resetAndDestroy());
    await this.#serve(layout.echo.target, (socket) => socket.pipe(socket));
    for (const at of layout.http.targets) {
      // A server that closes an idle connection at the moment of the next request would be a fault of its own.
      const server = createHttpServer({ keepAlive: false, keepAliveTimeout: 0 }, answer);
      await this.#listen(server, at);
    }
  }

  /** Connections that are open. */
  get live(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  async #serve(at: Endpoint, take: (socket: Socket) => void): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.on('connection', take);
    await this.#listen(server, at);
  }

  async #listen(server: Server, at: Endpoint): Promise<void> {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      // Resets belong to the run. A session that must not see one checks for itself.
      socket.on('error', () => {});
    });
    server.listen({ ...at, backlog: 1024 });
    await once(server, 'listening');
    this.#servers.push(server);
  }
}

/** Reads the session's number, and hands the socket over. One that leaves in silence gets its FIN back. */
function greet(socket: Socket, meet: Meet): void {
  let come = Buffer.alloc(0);
  const onEnd = (): void => void socket.end();
  const onData = (chunk: Buffer): void => {
    come = Buffer.concat([come, chunk]);
    if (come.length < greetingLength) return;
    socket.off('data', onData);
    socket.off('end', onEnd);
    if (come.readUInt32BE() === magic) meet(come.readUInt32BE(4), socket, come.subarray(greetingLength));
    else socket.resetAndDestroy();
  };
  socket.on('data', onData);
  socket.on('end', onEnd);
}
