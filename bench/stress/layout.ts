import { reservePort, reservePorts } from '../../test/helpers/free-ports.ts';
import type { Endpoint } from '../agents/endpoint.ts';

/** The three services of the tutorial on the demo subnet: 762 listeners, and as many targets. */
export interface Layout {
  readonly subnet: string;
  readonly services: readonly { readonly name: string; readonly base: number; readonly port: number }[];
  /** Where clients connect. */
  readonly listeners: readonly Endpoint[];
  /** Where the targets listen. */
  readonly targets: readonly Endpoint[];
}

const hosts = Array.from({ length: 254 }, (_, index) => index + 1);

/**
 * Listeners and targets lie below the ports that the kernel gives to outgoing connections, of which a run has nearly
 * 20,000. Each of those connections shares its source and destination with a few dozen others at most, so that ports
 * do not run out.
 */
export async function layout(): Promise<Layout> {
  const service = async (name: string) => {
    const base = (await reservePorts(hosts.length)) - 1;
    return { name, base, port: await reservePort() };
  };
  const services = [await service('ssh'), await service('http'), await service('https')];
  const endpoints = services.flatMap(({ base, port }) =>
    hosts.map((host) => ({
      listener: { host: '127.0.0.1', port: base + host },
      target: { host: `127.0.20.${host}`, port },
    })),
  );
  return {
    subnet: '127.0.20.0/24',
    services,
    listeners: endpoints.map(({ listener }) => listener),
    targets: endpoints.map(({ target }) => target),
  };
}
