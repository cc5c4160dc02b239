import type { Endpoint } from '../../bench/agents/endpoint.ts';
import { mustRun } from '../helpers/run-command.ts';
import type { Fixture } from './fixture.ts';

/**
 * Two network namespaces, joined by a cable:
 *
 *     clients, gateway 10.77.0.1 --- 10.77.0.2 and 10.77.0.3 targets
 *
 * Clients and gateway share a namespace and its loopback, so that a fault of the cable is one of targets alone. All of
 * it goes with the fixture's workshop, however the run ends.
 */
export interface Network {
  /** Put before a command line, so that it runs in the gateway's namespace; the process id stays the command's own. */
  readonly gateway: readonly string[];
  /** The same for the targets' namespace. */
  readonly targets: readonly string[];
  /** Runs a command in one of them. */
  run(where: readonly string[], ...command: readonly string[]): Promise<void>;
  /** From now on, packets to this port of the targets are lost; `accept` ends that. */
  drop(at: Endpoint): Promise<void>;
  accept(at: Endpoint): Promise<void>;
  /** The targets' end of the cable goes down. */
  cut(): Promise<void>;
}

/** Addresses of the targets. */
export const targetHosts = ['10.77.0.2', '10.77.0.3'] as const;

/** Needs root. */
export async function openNetwork(fixture: Fixture): Promise<Network> {
  const [gateway, targets] = [fixture.workshop.namespace('gateway'), fixture.workshop.namespace('subnet')];
  const inside = (name: string): readonly string[] => ['ip', 'netns', 'exec', name];
  const ip = (...args: readonly string[]) => mustRun('ip', args);
  for (const name of [gateway, targets]) {
    await ip('netns', 'add', name);
    await ip('-netns', name, 'link', 'set', 'lo', 'up');
  }
  await ip('link', 'add', 'cable', 'netns', gateway, 'type', 'veth', 'peer', 'name', 'cable', 'netns', targets);
  await ip('-netns', gateway, 'address', 'add', '10.77.0.1/24', 'dev', 'cable');
  for (const host of targetHosts) await ip('-netns', targets, 'address', 'add', `${host}/24`, 'dev', 'cable');
  for (const name of [gateway, targets]) await ip('-netns', name, 'link', 'set', 'cable', 'up');

  async function run(where: readonly string[], ...command: readonly string[]): Promise<void> {
    const [first = 'ip', ...rest] = [...where, ...command];
    await mustRun(first, rest);
  }
  const rule = ({ host, port }: Endpoint): readonly string[] => [
    'INPUT',
    '-d',
    host,
    '-p',
    'tcp',
    '--dport',
    String(port),
    '-j',
    'DROP',
  ];
  return {
    gateway: inside(gateway),
    targets: inside(targets),
    run,
    drop: (at) => run(inside(targets), 'iptables', '-A', ...rule(at)),
    accept: (at) => run(inside(targets), 'iptables', '-D', ...rule(at)),
    cut: () => run(inside(targets), 'ip', 'link', 'set', 'cable', 'down'),
  };
}
