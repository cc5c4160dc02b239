import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { reservePort } from '../helpers/free-ports.ts';
import { endProcess, type GatewayProcess } from '../helpers/gateway-process.ts';
import { echo, freeBase, openHosts } from '../helpers/loopback-hosts.ts';
import { openClient } from '../helpers/tcp-client.ts';
import { until, within } from '../helpers/until.ts';
import { floatgate, readableFolder, start, up } from './floatgate.ts';

const serves = async (gateway: GatewayProcess): Promise<void> => void (await gateway.ready());

/** A gateway with one open session. */
async function withSession(...more: readonly string[]) {
  const hosts = await openHosts([16], echo);
  onTestFinished(() => hosts[Symbol.asyncDispose]());
  const port = (await freeBase([16])) + 16;
  const gateway = start(up({ echo: `${port - 16}:${hosts.port}` }, '--hosts', '16', ...more));
  await serves(gateway);
  const client = await openClient(port);
  await client.echoes('before');
  return { gateway, client, port };
}

it('SIGHUP and SIGUSR1 open the log file again while sessions come and go; no line is lost', async () => {
  const folder = await readableFolder();
  await chmod(folder, 0o777);
  const file = join(folder, 'log');
  const { gateway, client, port } = await withSession('--log-file', file, '--log-level', 'debug');
  const files = [file];
  for (let turn = 0; turn < 8; turn += 1) {
    const sessions = Array.from({ length: 10 }, async () => {
      const one = await openClient(port);
      await one.echoes('turn');
      one.socket.end();
      await one.finished();
    });
    const rotated = `${file}.${turn}`;
    renameSync(file, rotated);
    files.push(rotated);
    gateway.child.kill(turn % 2 === 0 ? 'SIGHUP' : 'SIGUSR1');
    await until('a new log file', () => existsSync(file));
    await Promise.all(sessions);
  }
  await client.echoes('still here');
  client.socket.end();
  await client.finished();
  const text = () => files.map((name) => readFileSync(name, 'utf8')).join('');
  const count = (what: string) => text().split(what).length - 1;
  await until('every session in the log', () => count('session closed: client closed') === 81);
  expect(await endProcess(gateway)).toEqual({ code: 0, signal: null });
  const lines = text().trimEnd().split('\n');
  const messages = lines.map((line): string => JSON.parse(line).msg);
  expect(messages.filter((msg) => msg === 'session opened')).toHaveLength(81);
  expect(messages.filter((msg) => msg === 'log file opened again')).toHaveLength(8);
  expect(messages.filter((msg) => msg.startsWith('configuration reloaded'))).toHaveLength(4);
  expect(gateway.stray).toEqual([]);
});

it('SIGUSR2 changes nothing, and neither do SIGHUP and SIGUSR1 without a log file', async () => {
  const { gateway, client } = await withSession('--log-level', 'debug');
  for (const signal of ['SIGUSR2', 'SIGUSR1', 'SIGHUP'] as const) gateway.child.kill(signal);
  await gateway.logged({ msg: 'SIGUSR2 means nothing yet' });
  await gateway.logged({ msg: 'configuration reloaded: nothing has changed' });
  await client.echoes('still here');
  client.socket.end();
  await client.finished();
  expect(await endProcess(gateway)).toEqual({ code: 0, signal: null });
});

it('SIGQUIT drains until empty, whatever --drain-timeout is', async () => {
  const { gateway, client } = await withSession('--drain-timeout', '0s');
  gateway.child.kill('SIGQUIT');
  await gateway.logged({ msg: 'gateway draining until no session is left', sessions: 1 });
  await client.echoes('still here');
  client.socket.end();
  expect(await within('the end', gateway.exit)).toEqual({ code: 0, signal: null });
});

it('a debugger that was asked for stays', async () => {
  const [node = '', ...words] = floatgate('forward', `127.0.0.1:${(await freeBase([16])) + 16}=127.0.0.1:1`);
  const port = await reservePort();
  const gateway = start([node, `--inspect=127.0.0.1:${port}`, ...words]);
  await serves(gateway);
  const answer = await fetch(`http://127.0.0.1:${port}/json/version`);
  expect(answer.ok).toBe(true);
  expect(await endProcess(gateway)).toEqual({ code: 0, signal: null });
});

it.each([
  ['goes on', 'nohup '],
  ['ends as at SIGTERM', ''],
])('%s when its terminal is closed, started by "%sfloatgate ... &"', async (outcome, prefix) => {
  const folder = await readableFolder();
  await chmod(folder, 0o777);
  const [log, begun] = [join(folder, 'log'), join(folder, 'begun')];
  const port = (await freeBase([16])) + 16;
  const words = floatgate('forward', `127.0.0.1:${port}=127.0.0.1:1`, '--log-file', log).map((word) => `'${word}'`);
  // An interactive shell at a pseudo-terminal that closes with script(1), which holds its other end. The shell may read
  // the end of its input before it gets SIGHUP: a login shell with huponexit passes the signal on then, too.
  const terminal = spawn('script', ['-qc', 'bash --norc --noprofile -l -i', '/dev/null'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  onTestFinished(() => void terminal.kill('SIGKILL'));
  terminal.stdin.write(
    `shopt -s huponexit; cd ${folder}; ${prefix}${words.join(' ')} & echo $! > begun.new; mv begun.new begun\n`,
  );
  const pid = await until('the process id', () => existsSync(begun) && Number(readFileSync(begun, 'utf8')));
  const alive = () => existsSync(`/proc/${pid}`);
  onTestFinished(() => {
    if (alive()) process.kill(pid, 'SIGKILL');
  });
  const logged = (text: string) => until(text, () => existsSync(log) && readFileSync(log, 'utf8').includes(text));
  await logged('gateway ready');
  terminal.kill('SIGKILL');
  if (outcome === 'goes on') {
    await logged('configuration reloaded');
    expect(alive()).toBe(true);
    process.kill(pid, 'SIGTERM');
  }
  await logged('gateway closed');
  await until('the end', () => !alive());
});
