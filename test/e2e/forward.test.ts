import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { freeBase, loopbackHost, nameHost, openHosts } from '../helpers/loopback-hosts.ts';
import { ask, isRefused } from '../helpers/tcp-client.ts';
import { floatgate, serving } from './floatgate.ts';

const haveIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
const six = haveIPv6 ? '' : ' (skipped: this machine has no ::1)';

describe('floatgate forward', () => {
  it('leads several listeners to several targets', async () => {
    await using hosts = await openHosts([16, 17], nameHost);
    const base = await freeBase([1, 2]);
    const rules = [1, 2].map((n) => `127.0.0.1:${base + n}=${loopbackHost(15 + n)}:${hosts.port}`);
    await serving(floatgate('forward', ...rules), async (gateway) => {
      expect((await ask(base + 1)).received).toBe('host 16\n');
      expect((await ask(base + 2)).received).toBe('host 17\n');
      await gateway.logged({ listener: `127.0.0.1:${base + 1}`, target: `127.0.20.16:${hosts.port}` });
    });
  });

  it('listens on every address where LISTEN is a port alone', async () => {
    await using hosts = await openHosts([16], nameHost);
    const base = await freeBase([1]);
    await serving(floatgate('forward', `${base + 1}=${loopbackHost(16)}:${hosts.port}`), async (gateway) => {
      expect((await ask(base + 1)).received).toBe('host 16\n');
      expect((await ask(base + 1, '', '127.0.0.2')).received).toBe('host 16\n');
      if (haveIPv6) expect((await ask(base + 1, '', '::1')).received).toBe('host 16\n');
      // An IPv4 client of a dual-stack socket is still shown as one.
      await gateway.logged({ client: /^127\.0\.0\.1:\d+$/ });
    });
  });

  it('looks a host name up', async () => {
    const server = createServer((socket) => socket.end('by name').resume()).listen(0, 'localhost');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const base = await freeBase([1]);
    await serving(floatgate('forward', `127.0.0.1:${base + 1}=localhost:${port}`), async (gateway) => {
      expect((await ask(base + 1)).received).toBe('by name');
      await gateway.logged({ target: `localhost:${port}` });
    });
    server.close();
  });

  it.skipIf(!haveIPv6)(`speaks IPv6 on both sides${six}`, async () => {
    const server = createServer((socket) => socket.end('over six').resume()).listen(0, '::1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const base = await freeBase([1]);
    await serving(floatgate('forward', `[::1]:${base + 1}=[::1]:${port}`), async (gateway) => {
      expect((await ask(base + 1, '', '::1')).received).toBe('over six');
      expect(await isRefused(base + 1)).toBe(true);
      await gateway.logged({ client: /^\[::1\]:\d+$/, target: `[::1]:${port}`, listener: `[::1]:${base + 1}` });
    });
    server.close();
  });
});
