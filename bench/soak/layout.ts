import { reservePort, reservePorts } from '../../test/helpers/free-ports.ts';
import type { Endpoint } from '../agents/endpoint.ts';

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
  /** Sessions that send their number first. */
  readonly raw: Service;
  readonly http: Service;
  /** Nobody listens there. */
  readonly closed: Service;
  /** As raw, through one listener alone. */
  readonly storm: Forward;
  /** Resets every client. */
  readonly rude: Forward;
  /** Sends back what comes. */
  readonly echo: Forward;
}

/** Reserves every port of a run. */
export async function layout(): Promise<Layout> {
  const service = async (): Promise<Service> => {
    const base = (await reservePorts(hostNumbers.length)) - 1;
    const port = await reservePort();
    return {
      base,
      port,
      listeners: hostNumbers.map((host) => ({ host: '127.0.0.1', port: base + host })),
      targets: hostNumbers.map((host) => ({ host: hostAddress(host), port })),
    };
  };
  const forward = async (): Promise<Forward> => ({
    listener: { host: '127.0.0.1', port: await reservePort() },
    target: { host: hostAddress(1), port: await reservePort() },
  });
  return {
    raw: await service(),
    http: await service(),
    closed: await service(),
    storm: await forward(),
    rude: await forward(),
    echo: await forward(),
  };
}

function hostAddress(host: number): string {
  return `127.0.20.${host}`;
}
