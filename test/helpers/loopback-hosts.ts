import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { errnoOf } from '../../src/base/errors.ts';
import { reservePorts } from './free-ports.ts';

/** The subnet of the end-to-end tests: all of it is this machine. */
export const loopbackSubnet = '127.0.20.0/24';

export const loopbackHost = (host: number): string => `127.0.20.${host}`;

/** What a host does with a connection; `host` is its number in the subnet. */
export type Serve = (socket: Socket, host: number) => void;

/** Small servers on 127.0.20.n that share one port. */
export interface LoopbackHosts extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>;
  /** Connections since the start. */
  readonly accepted: number;
}

/** Sends back what comes, and its FIN. */
export const echo: Serve = (socket) => {
  socket.pipe(socket);
};

/** Names its host, then ends. */
export const nameHost: Serve = (socket, host) => {
  socket.end(`host ${host}\n`);
  socket.resume();
};

/** Binds the hosts to one port that is free on all of them. Sockets are half-open: a server sees the client's FIN. */
export async function openHosts(hosts: readonly number[], serve: Serve): Promise<LoopbackHosts> {
  const open = new Set<Socket>();
  let accepted = 0;
  const servers = await listenEverywhere(hosts, (socket, host) => {
    accepted += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // A reset is the client's right; tests look at what the client saw.
    socket.on('error', () => {});
    serve(socket, host);
  });
  return {
    port: portOf(servers[0]),
    open,
    get accepted() {
      return accepted;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await closeAll(servers);
    },
  };
}

async function listenEverywhere(hosts: readonly number[], serve: Serve): Promise<Server[]> {
  const attempts = 20;
  for (let attempt = 1; ; attempt += 1) {
    const servers: Server[] = [];
    try {
      for (const host of hosts) {
        const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, host));
        server.listen(servers.length === 0 ? 0 : portOf(servers[0]), loopbackHost(host));
        await once(server, 'listening');
        servers.push(server);
      }
      return servers;
    } catch (error) {
      await closeAll(servers);
      // The port that the first host was given is taken on another one: try the next.
      if (errnoOf(error) !== 'EADDRINUSE' || attempt === attempts) throw error;
    }
  }
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}

function portOf(server: Server | undefined): number {
  if (server === undefined) throw new Error('Cannot find the port of no server: name one host at least');
  return (server.address() as AddressInfo).port;
}

/** Bases whose base+n no other test has, for each host; see `reservePorts`. */
export async function freeBases(hosts: readonly number[], count: number): Promise<number[]> {
  const [lowest, highest] = [Math.min(...hosts), Math.max(...hosts)];
  const bases: number[] = [];
  while (bases.length < count) bases.push((await reservePorts(highest - lowest + 1)) - lowest);
  return bases;
}

export async function freeBase(hosts: readonly number[]): Promise<number> {
  const [base] = await freeBases(hosts, 1);
  return base as number;
}
