import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type GatewayProcess, withGateway } from '../helpers/gateway-process.ts';
import { slack, until } from '../helpers/until.ts';
import { floatgateCommand } from './floatgate-gateway.ts';
import { downHost, gatewayAddress, hostAddress, type Lab, openLab } from './lab.ts';
import { labHindrance, labTitle } from './lab-support.ts';
import { rawConnect } from './raw-connect.ts';

const hindrance = labHindrance();
const blackHole = 50;

describe.skipIf(hindrance !== undefined)(labTitle('targets that cannot be reached', hindrance), () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab();
    const drop = ['-p', 'tcp', '--dport', '22', '-j', 'DROP'];
    await lab.subnet.must(['iptables', '-A', 'INPUT', '-d', hostAddress(blackHole), ...drop]);
  });

  afterAll(() => lab?.close());

  const serving = (body: (gateway: GatewayProcess) => Promise<void>, ...args: readonly string[]) =>
    withGateway(
      floatgateCommand(inject('packedGateway'), ...args),
      { wrap: (command) => lab.gateway.command(command) },
      body,
    );

  it('a target that never answers: reset after the dial time-out, and logged', async () => {
    await serving(async (gateway) => {
      const seen = await rawConnect(lab, 30_000 + blackHole);
      expect(seen).toMatchObject({ connected: true, bytes: 0, error: 'ECONNRESET' });
      // The client's clock starts a little before the dial's.
      expect(seen.duration).toBeGreaterThan(900);
      expect(seen.duration).toBeLessThan(1_000 + slack);
      const closed = await gateway.logged({ reason: 'dial timed out' });
      expect(closed).toMatchObject({ service: 'ssh', host: blackHole, target: `${hostAddress(blackHole)}:22` });
      expect(closed.dialTime).toBeUndefined();
    });
  });

  it('a target that refuses: reset at once', async () => {
    await serving(async (gateway) => {
      const seen = await rawConnect(lab, 30_001);
      expect(seen).toMatchObject({ bytes: 0, error: 'ECONNRESET' });
      expect(seen.duration).toBeLessThan(slack);
      await gateway.logged({ reason: 'refused', host: 1 });
    });
  });

  it('a host that is down: the kernel reports it before a long dial time-out ends', async () => {
    await serving(
      async (gateway) => {
        const seen = await rawConnect(lab, 30_000 + downHost);
        expect(seen).toMatchObject({ connected: true, bytes: 0, error: 'ECONNRESET' });
        await gateway.logged({ reason: 'unreachable', host: downHost });
      },
      '--dial-timeout',
      '30s',
    );
  });

  it('a name that cannot be looked up: reset, and logged', async () => {
    // Nothing answers DNS at this address; mounts made in a namespace's command are its own.
    const resolver = join(lab.folder, 'resolv.conf');
    await writeFile(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
    const mounted = ['sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', resolver];
    const { node, root } = inject('packedGateway');
    await withGateway(
      [node, join(root, 'dist', 'floatgate.cjs'), 'forward', '31999=nothing.invalid:80'],
      { wrap: (command) => lab.gateway.command([...mounted, ...command]) },
      async (gateway) => {
        expect(await rawConnect(lab, 31_999)).toMatchObject({ bytes: 0, error: 'ECONNRESET' });
        await gateway.logged({ reason: 'lookup failed', target: 'nothing.invalid:80' });
      },
    );
  });

  it('a client that leaves while its target is dialed: the dial is given up', async () => {
    await serving(
      async (gateway) => {
        const before = await gateway.descriptors();
        const connected =
          "function () { console.log('connected'); process.stdin.once('end', () => this.resetAndDestroy()).resume(); }";
        const script = `require('node:net').connect(${30_000 + blackHole}, '${gatewayAddress}', ${connected})`;
        const client = lab.client.spawn([process.execPath, '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
        await until('both legs open', async () => (await gateway.descriptors()) === before + 2);
        client.stdin?.end();
        const closed = await gateway.logged({ reason: 'client reset', host: blackHole });
        expect(closed.duration).toBeLessThan(20_000);
        await until('both legs closed', async () => (await gateway.descriptors()) === before);
      },
      '--dial-timeout',
      '60s',
    );
  });
});
