import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Endpoint } from '../agents/endpoint.ts';
import { ephemeralPorts } from '../process/proc.ts';

const hostNumbers = Array.from({ length: 16 }, (_, index) => index + 1);
export const subnet = '127.0.20.0/24';
export const hostRange = `${hostNumbers[0]}-${hostNumbers.length}`;

/** Servers of one kind on every host, and the listeners that lead to them. */
export interface Service {
  readonly base: number;
  readonly port: number;
  readonly listeners: readonly Endpoint[];
  readonly targets: readonly Endpoint[];
}

/** One listener that leads to one target. */
interface Forward {
  readonly listener: Endpoint;
  readonly target: Endpoint;
}

/** Where everything of a run listens. */
export interface Layout {
  /** Sessions that tell their number first. */
  readonly raw: Service;
  readonly http: Service;
  /** Nobody listens there. */
  readonly gone: Service;
  /** As raw, through one listener alone. */
  readonly storm: Forward;
  /** Resets whoever comes. */
  readonly rude: Forward;
  /** Sends back what comes. */
  readonly echo: Forward;
}

/** Ports below those of outgoing connections, free where they will be used. */
export async function layout(): Promise<Layout> {
  const taken: number[] = [];
  const service = async (): Promise<Service> => {
    const base = (await freePorts('127.0.0.1', hostNumbers.length, taken)) - 1;
    const port = await freePorts(hostAddress(1), 1, taken);
    return {
      base,
      port,
      listeners: hostNumbers.map((host) => ({ host: '127.0.0.1', port: base + host })),
      targets: hostNumbers.map((host) => ({ host: hostAddress(host), port })),
    };
  };
  const forward = async (): Promise<Forward> => ({
    listener: { host: '127.0.0.1', port: await freePorts('127.0.0.1', 1, taken) },
    target: { host: hostAddress(1), port: await freePorts(hostAddress(1), 1, taken) },
  });
  return {
    raw: await service(),
    http: await service(),
    gone: await service(),
    storm: await forward(),
    rude: await forward(),
    echo: await forward(),
  };
}

function hostAddress(host: number): string {
  return `127.0.20.${host}`;
}

/** The first of `count` free ports in a row, none of which is among `taken`; enters them there. */
async function freePorts(host: string, count: number, taken: number[]): Promise<number> {
  const last = Math.min(ephemeralPorts().first, 32_768) - count - 1;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const first = 10_000 + Math.floor(Math.random() * (last - 10_000));
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if (ports.some((port) => taken.includes(port))) continue;
    const free = await Promise.all(ports.map((port) => isFree({ host, port })));
    if (free.includes(false)) continue;
    taken.push(...ports);
    return first;
  }
  throw new Error(`Cannot find ${count} free ports in a row on ${host}: 200 places from 10000 to ${last} were tried`);
}

async function isFree(at: Endpoint): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(at);
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
