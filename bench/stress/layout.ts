import type { Endpoint } from '../agents/endpoint.ts';
import { ephemeralPorts } from '../process/proc.ts';

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
 * Listeners and targets all lie below the ports that the kernel gives to outgoing connections, of which this run has
 * nearly 20,000: one of them could otherwise sit on a listener's port when it is bound. Each of those connections shares
 * its source and destination address and port with at most a few dozen others, so ephemeral ports do not run out either.
 */
export function layout(): Layout {
  const first = ephemeralPorts().first;
  if (first < 23_500) {
    throw new Error(
      `Cannot lay out 762 listeners: outgoing connections take ports from ${first} on, ` +
        'and the bench wants those below 23500; see net.ipv4.ip_local_port_range',
    );
  }
  const services = [
    { name: 'ssh', base: 20_000, port: 23_022 },
    { name: 'http', base: 21_000, port: 23_080 },
    { name: 'https', base: 22_000, port: 23_443 },
  ];
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
