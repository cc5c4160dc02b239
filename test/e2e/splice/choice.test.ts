import { describe, expect, it } from 'vitest';
import { freeBase, loopbackSubnet, nameHost, openHosts } from '../../helpers/loopback-hosts.ts';
import { ask } from '../../helpers/tcp-client.ts';
import { floatgate, runToEnd, serving, up } from '../floatgate.ts';

const check = (...more: readonly string[]) =>
  runToEnd(floatgate('check', '--subnet', loopbackSubnet, '--hosts', '16', ...more));

describe('the engine, where koffi is installed', () => {
  it.each([
    { flags: [], engine: { name: 'splice', why: 'zero-copy; it works here' }, room: 'in the kernel' },
    { flags: ['--engine', 'auto'], engine: { name: 'splice', why: 'zero-copy; it works here' }, room: 'in the kernel' },
    { flags: ['--engine', 'splice'], engine: { name: 'splice', why: 'asked for' }, room: 'in the kernel' },
    { flags: ['--engine', 'stream'], engine: { name: 'stream', why: 'asked for' }, room: 'in floatgate' },
  ])('$flags: $engine.name, as the summary and check show', async ({ flags, engine, room }) => {
    await using hosts = await openHosts([16], nameHost);
    const base = await freeBase([16]);
    await serving(up({ ssh: `${base}:${hosts.port}` }, '--hosts', '16', ...flags), async (_, ready) => {
      expect(ready.engine).toEqual(engine);
      // Only one has a waiting room, and only the other one pipes: see limits.
      const { waitingRoom, pipes } = ready.limits as { readonly waitingRoom: number; readonly pipes: number };
      expect([waitingRoom > 0, pipes > 0]).toEqual(room === 'in floatgate' ? [true, false] : [false, true]);
      expect((await ask(base + 16)).received).toBe('host 16\n');
    });
    const checked = await check(...flags);
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toContain(`  engine    ${engine.name} (${engine.why})\n`);
    expect(checked.stdout).toMatch(
      room === 'in floatgate'
        ? /further clients wait, up to \d+ of them accepted$/m
        : /further clients wait in the kernel's queue$/m,
    );
  });

  it('is taken from the environment, too', async () => {
    const checked = await runToEnd(floatgate('check', '--subnet', loopbackSubnet), { FLOATGATE_ENGINE: 'stream' });
    expect(checked.stdout).toContain('  engine    stream (asked for)\n');
  });
});
