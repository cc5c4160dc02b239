import { describe, expect, it } from 'vitest';
import { endProcess } from '../helpers/gateway-process.ts';
import { freeBase, nameHost, openHosts } from '../helpers/loopback-hosts.ts';
import { ask, isRefused } from '../helpers/tcp-client.ts';
import { runToEnd, serving, start, up } from './floatgate.ts';

describe('a port that is taken', () => {
  it('is named with the process that holds it, every one of them, and nothing is served', async () => {
    await using hosts = await openHosts([16, 17, 18], nameHost);
    const base = await freeBase([16, 17, 18]);
    const service = { ssh: `${base}:${hosts.port}` };
    const holder = start(up(service, '--hosts', '16-17'));
    await holder.ready();

    const late = await runToEnd(up(service, '--hosts', '16-18'));
    expect(late.code).toBe(1);
    expect(late.stdout).not.toContain('"ready"');
    const ports = `2 ports of 127.0.0.1 (${base + 16}-${base + 17})`;
    const busy = `${ports}: held by floatgate, pid ${holder.pid}; is it running`;
    expect(late.stderr).toContain(busy);
    expect(late.stderr).not.toContain(`${base + 18}`);
    expect(late.stderr).toContain('--skip-busy');
    // With nothing left to serve, that would not help.
    const nothing = await runToEnd(up(service, '--hosts', '16-17'));
    expect(nothing.stderr).toContain(busy);
    expect(nothing.stderr).not.toContain('--skip-busy');
    expect(late.stderr).not.toMatch(/^\s+at /m);
    expect(await isRefused(base + 18)).toBe(true);
    expect(await endProcess(holder)).toEqual({ code: 0, signal: null });
  });

  it('is left out with --skip-busy, and the rest is served', async () => {
    await using hosts = await openHosts([16, 17, 18], nameHost);
    await using others = await openHosts([16, 17], (socket) => socket.end('of the holder').resume());
    const base = await freeBase([16, 17, 18]);
    const holder = start(up({ ssh: `${base}:${others.port}` }, '--hosts', '16-17'));
    await holder.ready();
    await serving(up({ ssh: `${base}:${hosts.port}` }, '--hosts', '16-18', '--skip-busy'), async (gateway) => {
      expect((await ask(base + 16)).received).toBe('of the holder');
      expect((await ask(base + 18)).received).toBe('host 18\n');
      const held = new RegExp(`^Cannot listen on 2 ports of .*: held by floatgate, pid ${holder.pid};`);
      await gateway.logged({ listeners: 2, ports: `${base + 16}-${base + 17}`, msg: held });
    });
    expect(await endProcess(holder)).toEqual({ code: 0, signal: null });
  });
});
