import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freeBase, loopbackSubnet, nameHost, openHosts } from '../../helpers/loopback-hosts.ts';
import { ask, isRefused } from '../../helpers/tcp-client.ts';
import { floatgate, readableFolder, runToEnd, serving, up } from '../floatgate.ts';

const noKoffi = 'the optional package koffi is not installed';
const refusal = `Cannot use the splice engine: ${noKoffi}`;

describe('the engine, where koffi is not installed', () => {
  it.each([
    { flags: [], why: `portable; splice does not work here: ${noKoffi}` },
    { flags: ['--engine', 'auto'], why: `portable; splice does not work here: ${noKoffi}` },
    { flags: ['--engine', 'stream'], why: 'asked for' },
  ])('$flags: stream, as the summary and check show, and why', async ({ flags, why }) => {
    await using hosts = await openHosts([16], nameHost);
    const base = await freeBase([16]);
    await serving(up({ ssh: `${base}:${hosts.port}` }, '--hosts', '16', ...flags), async (gateway, ready) => {
      expect(ready.engine).toEqual({ name: 'stream', why });
      expect((await ask(base + 16)).received).toBe('host 16\n');
      // It is no fault: there is no warning.
      expect(gateway.logs.filter(({ level }) => level === 'warn')).toEqual([]);
    });
    const checked = await runToEnd(floatgate('check', '--subnet', loopbackSubnet, ...flags));
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toContain(`  engine    stream (${why})\n`);
  });

  it('splice is refused with the reason, and nothing is started', async () => {
    const base = await freeBase([16]);
    const port = base + 16;
    const commands = [
      up({ ssh: `${base}:22` }, '--hosts', '16', '--engine', 'splice'),
      floatgate('forward', `127.0.0.1:${port}=127.0.20.16:22`, '--engine', 'splice'),
      floatgate('check', '--subnet', loopbackSubnet, '--engine', 'splice'),
      floatgate('map', '--subnet', loopbackSubnet, '--engine', 'splice'),
    ];
    for (const command of commands) {
      const finished = await runToEnd(command);
      expect(finished).toMatchObject({ code: 2, stdout: '' });
      expect(finished.stderr).toContain(`--engine: ${refusal}`);
      expect(finished.stderr).toMatch(/auto or stream/);
      expect(finished.stderr).not.toMatch(/^\s+at /m);
      expect(await isRefused(port)).toBe(true);
    }
  });

  it('splice in a file is refused at its line and column', async () => {
    const file = join(await readableFolder(), 'gateway.yaml');
    await writeFile(file, `gateway:\n  subnet: ${loopbackSubnet}\nengine: splice\n`);
    const finished = await runToEnd(floatgate('up', '--config', file));
    expect(finished).toMatchObject({ code: 2, stdout: '' });
    expect(finished.stderr).toContain(`gateway.yaml:3:9: ${refusal}`);
  });
});
