import { createServer, type Server, type Socket } from 'node:net';
import { errnoOf, FloatgateError, messageOf } from '../base/errors.ts';
import type { Speaker } from './demo-speakers.ts';

/** The network of the demo's hosts: loopback addresses, which no other machine reaches. */
export const demoSubnet = '127.0.20.0/24';

/** One service of all demo hosts. */
export interface DemoHosts {
  /** The port that each of them listens on. */
  readonly port: number;
  /** Ends all of it at once, sessions included; may be called twice. */
  close(): Promise<void>;
}

/** Added to a port that may not be had: 22 -> 20022, then 21022 and so on. */
const firstShift = 20_000;
const shiftStep = 1_000;
const tries = 10;

/**
 * Binds one port on 127.0.20.n for each host number, and nowhere else: `port` itself, or where that may not be bound
 * or is taken on any of them, the next one that is free on all.
 * @throws FloatgateError `DEMO_HOSTS`
 */
export async function openDemoHosts(hosts: readonly number[], port: number, speak: Speaker): Promise<DemoHosts> {
  const candidates = [port, ...Array.from({ length: tries }, (_, n) => port + firstShift + n * shiftStep)];
  let cause: unknown;
  for (const candidate of candidates.filter((number) => number <= 65_535)) {
    const sockets = new Set<Socket>();
    const opened = await Promise.allSettled(hosts.map((host) => open(`127.0.20.${host}`, candidate, speak, sockets)));
    const servers = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = opened.find((one) => one.status === 'rejected');
    const close = () => closeAll(servers, sockets);
    if (failed === undefined) return { port: candidate, close };
    await close();
    cause = failed.reason;
    if (!['EACCES', 'EADDRINUSE'].includes(errnoOf(cause) ?? '')) break;
  }
  throw new FloatgateError('DEMO_HOSTS', `Cannot start the demo's hosts: ${whatIs(cause)}`, { cause });
}

function whatIs(cause: unknown): string {
  switch (errnoOf(cause)) {
    case 'EADDRNOTAVAIL':
      return 'this system has no addresses 127.0.20.x; Linux has them, elsewhere add them to the loopback interface';
    case 'EMFILE':
      return "descriptors have run out; raise the limit with 'ulimit -n', or take fewer hosts with --hosts";
    default:
      return `${messageOf(cause)}; choose another port with --service`;
  }
}

function open(address: string, port: number, speak: Speaker, sockets: Set<Socket>): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
      speak(socket);
    });
    server.once('error', reject);
    server.listen({ host: address, port, exclusive: true }, () => resolve(server));
  });
}

async function closeAll(servers: readonly Server[], sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
}
