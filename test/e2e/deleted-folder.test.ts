import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanEnvironment } from '../helpers/gateway-process.ts';
import { echo, freeBase, openHosts } from '../helpers/loopback-hosts.ts';
import { runCommand } from '../helpers/run-command.ts';
import { openClient } from '../helpers/tcp-client.ts';
import { floatgate, readableFolder, serving, up } from './floatgate.ts';

/** Put before a command: it then runs in a folder that is not there any more. */
async function inDeletedFolder(): Promise<readonly string[]> {
  const folder = join(await readableFolder(), 'deleted');
  return ['sh', '-c', 'mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"', folder];
}

describe('a working folder that was deleted', () => {
  it('is none that a gateway needs', async () => {
    await using hosts = await openHosts([16], echo);
    const base = await freeBase([16]);
    const before = await inDeletedFolder();
    const command = up({ echo: `${base}:${hosts.port}` }, '--hosts', '16');
    await serving(
      command,
      async () => {
        const client = await openClient(base + 16);
        await client.echoes('hello');
        client.socket.end();
        await client.finished();
      },
      { wrap: (words) => [...before, ...words] },
    );
  });

  it('is none that other commands need; a relative path in it is not found', async () => {
    const [first = 'sh', ...rest] = await inDeletedFolder();
    const run = (...args: readonly string[]) =>
      runCommand(first, [...rest, ...floatgate(...args)], { env: cleanEnvironment() });
    expect(await run('map', '--subnet', '10.0.0.0/30')).toMatchObject({ code: 0, stderr: '' });
    expect(await run('--help')).toMatchObject({ code: 0, stderr: '' });
    const missing = await run('check', '--config', 'gateway.yaml');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('Cannot read gateway.yaml: there is no such file');
  });
});
