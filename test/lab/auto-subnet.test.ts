import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { cleanEnvironment } from '../helpers/gateway-process.ts';
import { guard } from '../helpers/guard.ts';
import { asNobody } from '../helpers/nobody.ts';
import { type Finished, mustRun } from '../helpers/run-command.ts';
import { labHindrance, labTitle } from './lab-support.ts';
import { type Namespace, namespace } from './namespace.ts';

const hindrance = labHindrance();

/** Runs `body` in a network namespace with the given interfaces, as lines for `ip -batch`. */
async function inNetwork(lines: readonly string[], body: (where: Namespace) => Promise<void>): Promise<void> {
  const where = namespace(`floatgate-${process.pid}-${randomBytes(3).toString('hex')}-auto`);
  const folder = await mkdtemp(join(tmpdir(), 'floatgate-lab-'));
  const close = guard(folder, [where.name]);
  try {
    await chmod(folder, 0o755);
    await mustRun('ip', ['netns', 'add', where.name]);
    await mustRun('ip', ['-netns', where.name, '-batch', '-'], { input: ['link set lo up', ...lines, ''].join('\n') });
    await body(where);
  } finally {
    await close();
  }
}

/** `map --json` as nobody; `wrap` is put before it while it is still root. */
async function map(where: Namespace, ...wrap: readonly string[]): Promise<Finished> {
  const { node, root } = inject('packedGateway');
  const command = asNobody([node, join(root, 'dist', 'floatgate.cjs'), 'map', '--json']);
  return await where.run([...wrap, ...command], { cwd: '/', env: cleanEnvironment() });
}

/** An interface with carrier. */
const cable = (name: string): readonly string[] => [
  `link add ${name} type veth peer name ${name}-end`,
  `link set ${name} up`,
  `link set ${name}-end up`,
];

const up = (name: string, address: string): readonly string[] => [...cable(name), `address add ${address} dev ${name}`];

describe.skipIf(hindrance !== undefined)(labTitle('--subnet auto', hindrance), () => {
  it('finds the network of a labelled address', async () => {
    const lines = [...up('ens3', '10.5.0.4/20 label ens3:0'), 'route add default via 10.5.0.1 dev ens3'];
    await inNetwork(lines, async (where) => {
      const { code, stdout, stderr } = await map(where);
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ subnet: '10.5.0.0/20' });
    });
  });

  it('is not decided by two default routes, though their metrics differ', async () => {
    const lines = [
      ...up('ens3', '10.5.0.4/24'),
      ...up('ens4', '10.6.0.4/24'),
      'route add default via 10.5.0.1 dev ens3 metric 100',
      'route add default via 10.6.0.1 dev ens4 metric 200',
    ];
    await inNetwork(lines, async (where) => {
      const { code, stderr } = await map(where);
      expect(code).toBe(2);
      expect(stderr).toContain('ens3 and ens4 have a default route each; choose one:');
      for (const subnet of ['10.5.0.0/24', '10.6.0.0/24']) expect(stderr).toContain(`floatgate up --subnet ${subnet}`);
    });
  });

  it('is no public network', async () => {
    const lines = [...up('ens3', '8.8.8.4/24'), 'route add default via 8.8.8.1 dev ens3'];
    await inNetwork(lines, async (where) => {
      const { code, stderr } = await map(where);
      expect(code).toBe(2);
      expect(stderr).toContain('8.8.8.0/24 of ens3 is a public network; choose one:');
    });
  });

  it('is no network of containers on this machine', async () => {
    const lines = [
      'link add br7 type bridge',
      ...cable('veth7'),
      'link set veth7 master br7',
      'address add 172.17.0.1/16 dev br7',
      'link set br7 up',
      'route add default via 172.17.0.2 dev br7',
    ];
    await inNetwork(lines, async (where) => {
      const { code, stderr } = await map(where);
      expect(code).toBe(2);
      expect(stderr).toContain("172.17.0.0/16 of br7 is the network of this machine's own containers");
    });
  });

  it('distinguishes an unreadable route table from one without a default route', async () => {
    await inNetwork(up('ens3', '10.5.0.4/24'), async (where) => {
      expect((await map(where)).stderr).toContain('this machine has no default route');
      const hidden = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /proc && exec "$@"', 'sh'];
      const { code, stderr } = await map(where, ...hidden);
      expect(code).toBe(2);
      expect(stderr).toContain('/proc/net/route cannot be read');
      expect(stderr).toContain('floatgate up --subnet 10.5.0.0/24');
    });
  });
});
