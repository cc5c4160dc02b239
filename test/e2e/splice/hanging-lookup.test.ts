import { createSocket } from 'node:dgram';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { endProcess } from '../../helpers/gateway-process.ts';
import { freeBase } from '../../helpers/loopback-hosts.ts';
import { isRoot } from '../../helpers/nobody.ts';
import { openClient } from '../../helpers/tcp-client.ts';
import { slack } from '../../helpers/until.ts';
import { floatgate, readableFolder, start } from '../floatgate.ts';

/** A loopback address that no other test uses. */
const nameServer = '127.77.20.53';

/** A name server that never answers. */
async function silentNameServer(): Promise<{ queried: Promise<void> }> {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  const queried = new Promise<void>((resolve) => socket.once('message', () => resolve()));
  await new Promise<void>((resolve) => socket.bind(53, nameServer, resolve));
  return { queried };
}

// Without koffi, exit(3) waits for the resolver.
const title = `a lookup that hangs does not delay the end${isRoot ? '' : ' (skipped: needs root)'}`;
it.skipIf(!isRoot)(title, async () => {
  const { queried } = await silentNameServer();
  const folder = await readableFolder();
  const resolver = join(folder, 'resolv.conf');
  await writeFile(resolver, `nameserver ${nameServer}\noptions timeout:30 attempts:1\n`);
  const mount = `mount --bind '${resolver}' /etc/resolv.conf && exec "$@"`;
  const port = (await freeBase([16])) + 16;
  const gateway = start(floatgate('forward', `127.0.0.1:${port}=hangs.test:80`, '--drain-timeout', '0s'), {
    wrap: (command) => ['unshare', '--mount', 'sh', '-c', mount, 'sh', ...command],
  });
  await gateway.ready();
  await openClient(port);
  await queried;
  const from = performance.now();
  expect(await endProcess(gateway)).toEqual({ code: 0, signal: null });
  expect(performance.now() - from).toBeLessThan(slack);
  expect(gateway.logs.at(-1)).toMatchObject({ msg: 'gateway closed' });
  expect(gateway.stray).toEqual([]);
});
