import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guard } from '../helpers/guard.ts';
import { mustRun } from '../helpers/run-command.ts';
import { type Namespace, namespace } from './namespace.ts';

/**
 * The tutorial's network on one machine:
 *
 *     client 203.0.113.2 --- ens3 203.0.113.1 gateway 192.168.20.17 --- 192.168.20.1-254 subnet
 *
 * The subnet's namespace holds every host of 192.168.20.0/24 but for .17, the gateway's own address, and .200, which
 * is down: nothing answers an ARP request for it. It also holds 169.254.169.254, where the cloud's metadata service is.
 */
export interface Lab {
  readonly client: Namespace;
  readonly gateway: Namespace;
  readonly subnet: Namespace;
  /** For keys, certificates and transferred files; everyone may read it. Removed with the lab. */
  readonly folder: string;
  /** Removes all of it and ends every process in it. May be called twice. */
  close(): Promise<void>;
}

/** The gateway's address as the client sees it: what the tutorial calls the floating IP. */
export const gatewayAddress = '203.0.113.1';
/** The gateway's own address in the subnet. */
export const ownHost = 17;
/** The host that is down. */
export const downHost = 200;

/** The hosts that the subnet's namespace holds. */
export const subnetHosts: readonly number[] = Array.from({ length: 254 }, (_, index) => index + 1).filter(
  (host) => host !== ownHost && host !== downHost,
);

export const hostAddress = (host: number): string => `192.168.20.${host}`;

/** Needs root. What it makes has a name of its own for each call, and goes when this process does, however it ends. */
export async function openLab(): Promise<Lab> {
  const id = `floatgate-${process.pid}-${randomBytes(3).toString('hex')}`;
  const folder = await mkdtemp(join(tmpdir(), 'floatgate-lab-'));
  const names = [`${id}-client`, `${id}-gateway`, `${id}-subnet`] as const;
  const [client, gateway, subnet] = names.map(namespace) as [Namespace, Namespace, Namespace];
  const close = guard(folder, names);
  try {
    await chmod(folder, 0o755);
    for (const name of names) await mustRun('ip', ['netns', 'add', name]);
    await ipBatch([
      `link add ens3 netns ${gateway.name} type veth peer name ens3 netns ${client.name}`,
      `link add ens4 netns ${gateway.name} type veth peer name ens4 netns ${subnet.name}`,
    ]);
    await inNamespace(client, ['link set lo up', `address add 203.0.113.2/24 dev ens3`, 'link set ens3 up']);
    await inNamespace(subnet, [
      'link set lo up',
      'address add 169.254.169.254/32 dev lo',
      ...subnetHosts.map((host) => `address add ${hostAddress(host)}/24 dev ens4`),
      'link set ens4 up',
    ]);
    await inNamespace(gateway, [
      'link set lo up',
      `address add ${gatewayAddress}/24 dev ens3`,
      `address add ${hostAddress(ownHost)}/24 dev ens4`,
      'link set ens3 up',
      'link set ens4 up',
      // As in the cloud, the default route (and with it the metadata service) is over the project's network.
      `route add default via ${hostAddress(1)} dev ens4`,
    ]);
  } catch (error) {
    await close();
    throw error;
  }
  return { client, gateway, subnet, folder, close };
}

async function ipBatch(lines: readonly string[]): Promise<void> {
  await mustRun('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
}

async function inNamespace(where: Namespace, lines: readonly string[]): Promise<void> {
  await mustRun('ip', ['-netns', where.name, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
