import { chmod } from 'node:fs/promises';
import { describe, expect, inject, it } from 'vitest';
import { freeBase, loopbackSubnet, nameHost, openHosts } from '../helpers/loopback-hosts.ts';
import { pathWith } from '../helpers/packed-gateway.ts';
import { ask, isRefused } from '../helpers/tcp-client.ts';
import { within } from '../helpers/until.ts';
import { readableFolder, start } from './floatgate.ts';

describe('the package', () => {
  it('carries what runs, and neither sources nor tests', () => {
    const { files } = inject('packedGateway');
    expect(files).toEqual(
      expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/floatgate.cjs']),
    );
    expect(files).toEqual(expect.arrayContaining(['dist/config/floatgate.schema.json', 'dist/manual/start.md']));
    const foreign = files.filter(
      (file) => !/^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.+\.(c?js|json|md))$/.test(file),
    );
    expect(foreign).toEqual([]);
    expect(files.filter((file) => /\.test\.|^dist\/(test|bench)\//.test(file))).toEqual([]);
  });

  it('npm start serves, and SIGTERM to npm ends the gateway itself', async () => {
    const { root, node } = inject('packedGateway');
    const home = await readableFolder();
    // npm keeps its cache and its own log in the user's home folder.
    await chmod(home, 0o777);
    await using hosts = await openHosts([16], nameHost);
    const base = await freeBase([16]);
    const npm = start(['npm', 'start', '--silent'], {
      cwd: root,
      env: {
        HOME: home,
        PATH: pathWith(node),
        npm_config_cache: `${home}/npm`,
        npm_config_update_notifier: 'false',
        FLOATGATE_SUBNET: loopbackSubnet,
        FLOATGATE_BIND: '127.0.0.1',
        FLOATGATE_SERVICE: `ssh=${base}:${hosts.port}`,
        FLOATGATE_HOSTS: '16',
      },
    });
    await npm.ready();
    expect((await ask(base + 16)).received).toBe('host 16\n');
    npm.child.kill('SIGTERM');
    await within('the end of npm start', npm.exit);
    expect(await isRefused(base + 16)).toBe(true);
  });
});
