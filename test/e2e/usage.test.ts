import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { freeBase, loopbackSubnet, nameHost, openHosts } from '../helpers/loopback-hosts.ts';
import type { Finished } from '../helpers/run-command.ts';
import { ask, isRefused } from '../helpers/tcp-client.ts';
import { floatgate, readableFolder, runToEnd, serving, up } from './floatgate.ts';

/** Wrong usage or configuration: exit code 2, the reason on stderr, nothing on stdout, and no stack trace. */
function expectRefused(finished: Finished, ...messages: readonly RegExp[]): void {
  expect(finished).toMatchObject({ code: 2, stdout: '' });
  for (const message of messages) expect(finished.stderr).toMatch(message);
  expect(finished.stderr).not.toMatch(/^\s+at /m);
}

async function configFile(text: string): Promise<string> {
  const file = join(await readableFolder(), 'gateway.yaml');
  await writeFile(file, text);
  return file;
}

describe('bad input', () => {
  it.each(['up', 'check'])('%s: every problem of a file at once, with line, column and caret', async (command) => {
    const file = await configFile(
      [
        'gateway:',
        `  subnet: ${loopbackSubnet}`,
        '  host: 1-20',
        'timeouts:',
        '  dial: 5 parsecs',
        'bindd: ["::"]',
        '',
      ].join('\n'),
    );
    const finished = await runToEnd(floatgate(command, '--config', file));
    expect(finished.code).toBe(2);
    const output = finished.stdout + finished.stderr;
    expect(output).toMatch(/gateway\.yaml:3:3: Cannot .*hosts/);
    expect(output).toMatch(/gateway\.yaml:5:9: Cannot .*5 parsecs/);
    expect(output).toMatch(/gateway\.yaml:6:1: Cannot .*bind/);
    // The source line, and the caret under its column.
    expect(output).toMatch(/^(\s*) {2}dial: 5 parsecs\n\1 {8}\^+$/m);
    expect(output).not.toMatch(/^\s+at /m);
  });

  it('a file that is not YAML, and one that is not there', async () => {
    const file = await configFile('gateway: [1, 2\nbind: }\n');
    expectRefused(await runToEnd(floatgate('up', '--config', file)), /gateway\.yaml:\d+:\d+: Cannot /);
    expectRefused(await runToEnd(floatgate('up', '--config', `${file}.missing`)), /Cannot .*gateway\.yaml\.missing/);
  });

  it('an unknown flag, and an unknown command', async () => {
    expectRefused(await runToEnd(floatgate('up', '--subnett', loopbackSubnet)), /subnett/, /--subnet\b/);
    expectRefused(await runToEnd(floatgate('serve')), /serve/);
  });

  it('values of flags and variables name the flag and the variable, all at once', async () => {
    const command = floatgate('up', '--subnet', '10.0.0.0/99', '--service', 'ssh=99999999:22');
    const finished = await runToEnd(command, { FLOATGATE_DIAL_TIMEOUT: 'soon' });
    expectRefused(
      finished,
      /^--subnet: Cannot /m,
      /^--service ssh=99999999:22: Cannot /m,
      /^FLOATGATE_DIAL_TIMEOUT: Cannot /m,
    );
  });

  it('services whose ports run into each other, and forwards that make no sense', async () => {
    const overlap = floatgate('map', '--subnet', loopbackSubnet, '--service', 'a=20000:22', '--service', 'b=20100:80');
    expectRefused(await runToEnd(overlap), /\ba\b/, /\bb\b/);
    expectRefused(await runToEnd(floatgate('forward', '8080')), /8080/);
    expectRefused(await runToEnd(floatgate('forward', '127.0.0.1:18080=127.0.0.1:18080')), /18080/);
  });
});

describe('the environment', () => {
  it('is read, and gives way to flags', async () => {
    await using hosts = await openHosts([16, 17], nameHost);
    const base = await freeBase([16, 17]);
    const env = {
      FLOATGATE_SUBNET: loopbackSubnet,
      FLOATGATE_BIND: '127.0.0.1',
      FLOATGATE_SERVICE: `ssh=${base}:${hosts.port}`,
      FLOATGATE_HOSTS: '16',
    };
    await serving(
      floatgate('up', '--hosts', '17'),
      async () => {
        expect((await ask(base + 17)).received).toBe('host 17\n');
        expect(await isRefused(base + 16)).toBe(true);
      },
      { env },
    );
  });

  it('lies over the file', async () => {
    await using hosts = await openHosts([16, 17], nameHost);
    const base = await freeBase([16, 17]);
    const services = `{ ssh: { base: ${base}, port: ${hosts.port} } }`;
    const gateway = `gateway:\n  subnet: ${loopbackSubnet}\n  hosts: 16\n  services: ${services}\nbind: [127.0.0.1]\n`;
    const file = await configFile(gateway);
    await serving(
      floatgate('up'),
      async () => {
        expect((await ask(base + 17)).received).toBe('host 17\n');
        expect(await isRefused(base + 16)).toBe(true);
      },
      { env: { FLOATGATE_CONFIG: file, FLOATGATE_HOSTS: '17' } },
    );
  });

  it('warns of a name that it does not know', async () => {
    const finished = await runToEnd(floatgate('map', '--subnet', loopbackSubnet), { FLOATGATE_SUBNETT: 'x' });
    expect(finished.code).toBe(0);
    expect(finished.stderr).toMatch(/FLOATGATE_SUBNETT.*FLOATGATE_SUBNET\b/);
  });
});

describe('commands that serve nothing', () => {
  it('--version is that of the package', async () => {
    const { root, bin } = inject('packedGateway');
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await runToEnd([bin, '--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([[], ['up'], ['forward'], ['map'], ['check'], ['demo']])(
    '--help of "%s" shows examples',
    async (...command) => {
      const finished = await runToEnd(floatgate(...command, '--help'));
      expect(finished).toMatchObject({ code: 0, stderr: '' });
      expect(finished.stdout).toMatch(/Examples:/);
      expect(finished.stdout).toContain(`floatgate ${command}`.trim());
    },
  );

  it('completion prints a script that a shell can read', async () => {
    const finished = await runToEnd(floatgate('completion'));
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(finished.stdout).toContain('floatgate');
    const bash = ['bash', '--norc', '--noprofile', '-n', '-c', finished.stdout];
    expect(await runToEnd(bash, { HOME: await readableFolder() })).toMatchObject({ code: 0, stderr: '' });
  });

  it('map shows what up would serve, and opens nothing', async () => {
    const finished = await runToEnd(up({ ssh: '20000:22', http: '21000:80' }, '--json').with(2, 'map'));
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(finished.stdout)).toMatchObject({
      subnet: loopbackSubnet,
      services: [{ name: 'ssh' }, { name: 'http' }],
      hosts: expect.arrayContaining([{ host: 254, address: '127.0.20.254', ports: { ssh: 20_254, http: 21_254 } }]),
    });
    const table = await runToEnd(up({ ssh: '20000:22' }).with(2, 'map'));
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^16 +127\.0\.20\.16 +20016$/m);
  });

  it('check finds nothing wrong, and prints the schema', async () => {
    const file = await configFile(`gateway:\n  subnet: ${loopbackSubnet}\n`);
    expect((await runToEnd(floatgate('check', '--config', file))).code).toBe(0);
    const schema = await runToEnd(floatgate('check', '--schema'));
    expect(schema.code).toBe(0);
    expect(JSON.parse(schema.stdout)).toMatchObject({ properties: { gateway: expect.anything() } });
  });
});
