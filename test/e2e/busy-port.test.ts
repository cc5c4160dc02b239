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
    for (const port of [base + 16, base + 17]) {
      expect(late.stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}\\b.*\\b${holder.pid}\\b`));
    }
    expect(late.stderr).not.toContain(`127.0.0.1:${base + 18}`);
    expect(late.stderr).toContain('--skip-busy');
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
      for (const port of [base + 16, base + 17]) {
        await gateway.logged({ msg: new RegExp(`127\\.0\\.0\\.1:${port}\\b.*\\b${holder.pid}\\b`) });
      }
    });
    expect(await endProcess(holder)).toEqual({ code: 0, signal: null });
  });
});
