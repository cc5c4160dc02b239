import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { errnoOf } from '../../src/base/errors.ts';
import { reservePort } from '../helpers/free-ports.ts';
import { endProcess, type GatewayProcess } from '../helpers/gateway-process.ts';
import { echo, openHosts } from '../helpers/loopback-hosts.ts';
import { asNobody, isRoot } from '../helpers/nobody.ts';
import { runCommand } from '../helpers/run-command.ts';
import { isRefused, openClient } from '../helpers/tcp-client.ts';
import { until } from '../helpers/until.ts';
import { floatgate, runToEnd, start } from './floatgate.ts';

/*
 * A running gateway is changed through the installed command alone: reload, control socket, drain.
 */

/** A folder that belongs to the user that the gateway runs as, removed after the test. */
async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'floatgate-e2e-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o700);
  if (isRoot) await runCommand('chown', ['65534:65534', folder]);
  return folder;
}

/** A gateway that serves a file of forwards, and what talks to it. */
async function running(write: (port: number, target: string) => string, ...more: readonly string[]) {
  const folder = await ownFolder();
  const hosts = await openHosts([16, 17], echo);
  onTestFinished(() => hosts[Symbol.asyncDispose]());
  const port = await reservePort();
  const file = join(folder, 'gateway.yaml');
  const target = (host: 16 | 17) => `127.0.20.${host}:${hosts.port}`;
  const edit = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  edit(write(port, target(16)));
  const env = { RUNTIME_DIRECTORY: folder, FLOATGATE_CONTROL: 'auto' };
  const command = (...words: readonly string[]) => runToEnd(floatgate(...words), env);
  const gateway = start(floatgate('up', '--config', file, ...more), { env });
  await gateway.ready();
  await until('the control socket', async () => (await command('status')).code === 0);
  return { folder, file, edit, env, command, gateway, port, target };
}

const forward = (port: number, target: string): string =>
  `forwards:\n  - { listen: "127.0.0.1:${port}", to: "${target}" }\n`;

/** How a client ends that is not served. Where it is reset at once, its `connect` may never be seen. */
async function endOf(port: number): Promise<string | undefined | null> {
  try {
    return (await (await openClient(port)).finished()).error;
  } catch (error) {
    return errnoOf(error);
  }
}

async function endsWell(gateway: GatewayProcess): Promise<void> {
  expect(await endProcess(gateway)).toEqual({ code: 0, signal: null });
  expect(gateway.stray).toEqual([]);
}

it('reloads: a session outlives its rule; a bad file changes nothing, and is answered with its place', async () => {
  const { file, edit, command, gateway, port, target } = await running(forward);
  const client = await openClient(port);
  await client.echoes('before');
  const other = await reservePort();

  edit(forward(other, target(17)));
  const preview = await command('reload', '--dry-run');
  expect(preview).toMatchObject({ code: 0, stderr: '' });
  expect(preview.stdout).toMatch(new RegExp(`^removed .*port ${port} .* 1$`, 'm'));
  expect(await isRefused(other)).toBe(true);

  expect(await command('reload')).toMatchObject({ code: 0, stderr: '' });
  expect(await isRefused(port)).toBe(true);
  await client.echoes('after');
  const next = await openClient(other);
  await next.echoes('new');

  edit(`${forward(other, target(17))}timeouts: { idle: soon }\n`);
  const refused = await command('reload');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`${file}:3:19: Cannot read timeouts.idle: current value is "soon"`);
  edit(`${forward(other, target(17))}log: { quiet: true }\n`);
  const restart = await command('reload');
  expect(restart.code).toBe(2);
  expect(restart.stderr).toMatch(/log\.quiet.*needs a restart/);
  await client.echoes('still here');
  await next.echoes('still here, too');

  edit(forward(other, target(17)));
  expect(await command('reload', '--cut-removed')).toMatchObject({ code: 0 });
  expect((await client.finished()).error).toBe('ECONNRESET');
  await next.echoes('not removed');
  const status = await command('status', '--json');
  expect(JSON.parse(status.stdout)).toMatchObject({ reloads: { refused: 2 }, sessions: { now: 1 } });
  await endsWell(gateway);
});

it.each([
  ['by itself, with --watch', ['--watch'], 'nothing'],
  ['at SIGHUP', [], 'SIGHUP'],
] as const)('applies an edit %s', async (_, words, signal) => {
  const { edit, gateway, port, target } = await running(forward, ...words);
  const other = await reservePort();
  const apply = (text: string): void => {
    edit(text);
    if (signal !== 'nothing') gateway.child.kill(signal);
  };
  apply(forward(port, target(16)) + forward(other, target(17)).replace('forwards:\n', ''));
  await until('the new listener', async () => !(await isRefused(other)));
  apply(forward(port, target(16)));
  await until('its end', async () => await isRefused(other));
  await endsWell(gateway);
});

it('shows who is on a host, takes the host out and in, and ends its sessions', async () => {
  const { folder, command, gateway, port, target } = await running(forward);
  const client = await openClient(port);
  await client.echoes('here');
  const shown = await command('sessions', '--target', target(16));
  expect(shown.stdout).toContain(target(16));
  expect(statSync(join(folder, 'up.sock')).mode & 0o777).toBe(0o600);

  expect(await command('targets', '--out', target(16))).toMatchObject({ code: 0 });
  expect(await endOf(port)).toBe('ECONNRESET');
  await client.echoes('lives on');
  expect(await command('reload')).toMatchObject({ code: 0 });
  expect((await command('status')).stdout).toContain(target(16));
  expect(await endOf(port)).toBe('ECONNRESET');
  expect(await command('targets', '--in', target(16))).toMatchObject({ code: 0 });
  await (await openClient(port)).echoes('back');

  expect(await command('sessions', '--kill')).toMatchObject({ code: 2 });
  expect(await command('sessions', '--kill', '--client', '127.0.0.1')).toMatchObject({ code: 0 });
  expect((await client.finished()).error).toBe('ECONNRESET');
  await endsWell(gateway);
});

it('adds a forward for a while, and removes one', async () => {
  const { command, gateway, target } = await running(forward);
  const [one, two] = [await reservePort(), await reservePort()];
  const add = (port: number, ...more: string[]) =>
    command('forward', '--to-running', `127.0.0.1:${port}=${target(17)}`, ...more);
  expect(await add(one)).toMatchObject({ code: 0 });
  expect(await add(two, '--for', '1s')).toMatchObject({ code: 0 });
  await (await openClient(one)).echoes('added');
  expect(await add(one)).toMatchObject({ code: 2 });
  expect(await command('reload')).toMatchObject({ code: 0 });
  await until('the end of a forward', async () => await isRefused(two));
  await (await openClient(one)).echoes('stays');
  expect(await command('forward', '--to-running', '--remove', `127.0.0.1:${one}`)).toMatchObject({ code: 0 });
  expect(await isRefused(one)).toBe(true);
  await endsWell(gateway);
});

it('drains in steps: clients are let in during the grace, then sessions have their time', async () => {
  const { command, gateway, port } = await running(forward);
  const client = await openClient(port);
  await client.echoes('before');
  expect(await command('drain', '--grace', '1m', '--sessions', '500ms')).toMatchObject({ code: 0 });
  await (await openClient(port)).echoes('during the grace');
  expect(JSON.parse((await command('status', '--json')).stdout)).toMatchObject({ state: 'draining' });
  expect(await command('reload')).toMatchObject({ code: 1 });
  // Ends the grace, which is as long as these commands take on a busy machine.
  expect(await command('drain', '--grace', '0s', '--sessions', '500ms')).toMatchObject({ code: 0 });
  expect((await client.finished()).error).toBe('ECONNRESET');
  expect(await gateway.exit).toEqual({ code: 0, signal: null });
});

it('has several gateways side by side, replaces the socket of a killed one, and serves without one', async () => {
  const { env, folder, gateway, port, command } = await running(forward);
  const start2 = async (environment: Readonly<Record<string, string>>) => {
    const rule = `127.0.0.1:${await reservePort()}=127.0.20.16:${port}`;
    const other = start(floatgate('forward', rule), { env: environment });
    await other.ready();
    return other;
  };
  const second = await start2(env);
  await until('two gateways', async () => (await command('status')).stderr.includes('--instance'));
  expect((await command('status', '--instance', 'forward')).stdout).toContain('forward');
  expect((await command('status', '--instance', 'up')).code).toBe(0);

  second.child.kill('SIGKILL');
  await second.exit;
  expect((await command('status')).code).toBe(0);
  const third = await start2(env);
  await until('its socket', async () => (await command('status', '--instance', 'forward')).code === 0);
  await endsWell(third);
  await endsWell(gateway);

  const nowhere = join(folder, 'open-to-all');
  mkdirSync(nowhere);
  await chmod(nowhere, 0o777);
  const fourth = await start2({ FLOATGATE_CONTROL: join(nowhere, 'missing', 'x.sock') });
  await fourth.logged({ level: 'warn', msg: /socket/ });
  await endsWell(fourth);
});

it.skipIf(!isRoot)(`cannot be opened by another user${isRoot ? '' : ' (skipped: needs root)'}`, async () => {
  const { folder, gateway } = await running(forward);
  const probe =
    "require('net').connect(process.argv[1]).on('error', (e) => console.log(e.code))" +
    ".on('connect', () => console.log('open'))";
  const as = (uid: string) =>
    runCommand('setpriv', [
      '--reuid',
      uid,
      '--regid',
      uid,
      '--clear-groups',
      '--',
      process.execPath,
      '-e',
      probe,
      join(folder, 'up.sock'),
    ]);
  await chmod(folder, 0o755);
  expect((await as('65533')).stdout.trim()).toBe('EACCES');
  const [first, ...rest] = asNobody([
    process.execPath,
    '-e',
    `${probe.replace("console.log('open')", "(console.log('open'), process.exit())")}`,
    join(folder, 'up.sock'),
  ]);
  expect((await runCommand(first, rest)).stdout.trim()).toBe('open');
  await endsWell(gateway);
});
