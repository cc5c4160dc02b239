import { spawnSync } from 'node:child_process';
import { Agent } from '../process/agent.ts';
import type { Children } from '../process/children.ts';
import type { Stage } from '../process/stage.ts';
import type { Workshop } from '../process/workshop.ts';
import { NotHere } from './peer.ts';

/** The tutorial's gateway, and the machines on both sides of it. */
export interface NatNetwork {
  readonly stage: Stage;
  /** Runs a command in the gateway's namespace. */
  onGateway(command: readonly string[]): void;
}

/** The gateway's address as clients see it, and its own among the machines that it leads to. */
export const floatingAddress = '203.0.113.1';
export const ownAddress = '192.168.20.17';
const targetAddress = '192.168.20.16';

/**
 * Three namespaces of this run's own:
 *
 *     client 203.0.113.2 --- ens3 203.0.113.1 gateway 192.168.20.17 ens4 --- 192.168.20.16 subnet
 *
 * Needs root. They go with the workshop. Throws NotHere.
 */
export function buildNatNetwork(workshop: Workshop, children: Children): NatNetwork {
  const [client, gateway, subnet] = (['client', 'gateway', 'subnet'] as const).map(workshop.namespace);
  const inside = (name: string | undefined): readonly string[] => ['ip', 'netns', 'exec', name ?? ''];
  for (const name of [client, gateway, subnet]) must(['ip', 'netns', 'add', name ?? '']);
  ip(undefined, [
    `link add ens3 netns ${gateway} type veth peer name ens3 netns ${client}`,
    `link add ens4 netns ${gateway} type veth peer name ens4 netns ${subnet}`,
  ]);
  ip(client, ['link set lo up', 'address add 203.0.113.2/24 dev ens3', 'link set ens3 up']);
  ip(subnet, ['link set lo up', `address add ${targetAddress}/24 dev ens4`, 'link set ens4 up']);
  ip(gateway, [
    'link set lo up',
    `address add ${floatingAddress}/24 dev ens3`,
    `address add ${ownAddress}/24 dev ens4`,
    ...['link set ens3 up', 'link set ens4 up'],
  ]);
  let port = 20_000;
  return {
    stage: {
      load: (name) => new Agent(children, name, inside(client)),
      target: (name) => new Agent(children, name, inside(subnet)),
      // The namespace is new: nothing else can hold a port in it.
      endpoint: async () => ({ host: targetAddress, port: port++ }),
    },
    onGateway: (command) => must([...inside(gateway), ...command]),
  };
}

function ip(namespace: string | undefined, lines: readonly string[]): void {
  must(['ip', ...(namespace === undefined ? [] : ['-netns', namespace]), '-batch', '-'], `${lines.join('\n')}\n`);
}

function must([program = '', ...args]: readonly string[], input = ''): void {
  const { status, stderr, error } = spawnSync(program, args, { input, encoding: 'utf8', timeout: 10_000 });
  if (status === 0) return;
  throw new NotHere(`'${[program, ...args].join(' ')}' fails: ${error?.message ?? stderr.trim()}`);
}
