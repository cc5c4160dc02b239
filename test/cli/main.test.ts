import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until, within } from '../helpers/until.ts';
import { type Compiled, compileAll } from '../observe/compile.ts';

let compiled: Compiled;
let folder: string;
let target: Server;
const children: ChildProcess[] = [];
const opened: number[] = [];

beforeAll(async () => {
  compiled = compileAll();
  folder = mkdtempSync(join(tmpdir(), 'floatgate-main-'));
  target = createServer((socket) => socket.on('error', () => {}).end('hello'));
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const fd of opened) closeSync(fd);
  rmSync(folder, { recursive: true });
  compiled.remove();
  await new Promise((resolve) => target.close(resolve));
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function main(words: readonly string[], stdio: ('pipe' | number)[], nodeFlags: readonly string[] = []) {
  const child = spawn(process.execPath, [...nodeFlags, join(compiled.folder, 'floatgate.cjs'), ...words], {
    stdio: ['ignore', ...stdio],
  });
  children.push(child);
  const said = { out: '', err: '' };
  child.stdout?.on('data', (part: Buffer) => {
    said.out += part;
  });
  child.stderr?.on('data', (part: Buffer) => {
    said.err += part;
  });
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, said, exit };
}

const forwardWords = async (port: number): Promise<string[]> => [
  'forward',
  `127.0.0.1:${port}=127.0.0.1:${(target.address() as AddressInfo).port}`,
  '--log-level=debug',
  '--drain-timeout=500ms',
];

/** A whole session: resolves with what the target said, or `undefined` where nobody listens yet. */
function session(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (part) => {
      text += part;
    });
    socket.on('error', () => resolve(undefined)).on('close', () => resolve(text));
  });
}

it('serves, and ends in time at SIGTERM, with stdout and stderr stuck', async () => {
  const path = join(folder, 'stuck');
  spawnSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stuck = openSync(path, constants.O_WRONLY);
  opened.push(reader, stuck);
  // Nobody reads, and there is no room for a single line.
  spawnSync('dd', ['if=/dev/zero', 'bs=4096', 'count=64', 'oflag=nonblock'], { stdio: ['ignore', stuck, 'ignore'] });
  const port = await freePort();
  const { child, exit } = main(await forwardWords(port), [stuck, stuck]);
  await until('a session', async () => (await session(port)) === 'hello');
  for (let n = 0; n < 20; n += 1) expect(await session(port)).toBe('hello');
  const begun = performance.now();
  child.kill('SIGTERM');
  expect(await within('the end', exit)).toBe(0);
  expect(performance.now() - begun).toBeLessThan(1_500);
});

it('goes on when the readers of stdout and stderr have gone', async () => {
  const port = await freePort();
  const { child, exit } = main(await forwardWords(port), ['pipe', 'pipe']);
  child.stdout?.destroy();
  child.stderr?.destroy();
  await until('a session', async () => (await session(port)) === 'hello');
  for (let n = 0; n < 20; n += 1) expect(await session(port)).toBe('hello');
  child.kill('SIGINT');
  expect(await within('the end', exit)).toBe(0);
});

it('prints all of a large map into a pipe, and ends quietly when its reader leaves early', () => {
  const command = `"${process.execPath}" "${join(compiled.folder, 'floatgate.cjs')}" map --subnet 192.168.20.0/24 --json`;
  const whole = spawnSync('bash', ['-c', `set -o pipefail; ${command} | (sleep 0.3; cat)`], { encoding: 'utf8' });
  expect(whole).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(whole.stdout)).toMatchObject({ listeners: 762 });
  const early = spawnSync('bash', ['-c', `set -o pipefail; ${command} | head -n 1`], { encoding: 'utf8' });
  expect(early).toMatchObject({ status: 0, stdout: '{\n', stderr: '' });
});

const crashes = [
  ['an exception', 'throw new Error("boom")'],
  ['a rejection', 'Promise.reject(new Error("boom"))'],
] as const;

it.each(crashes)('logs %s that nobody caught with its stack, and ends with 1', async (_, bug) => {
  const onSignal = `process.on('SIGUSR2', () => { ${bug} })`;
  const port = await freePort();
  const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(onSignal)}`];
  const { child, said, exit } = main(await forwardWords(port), ['pipe', 'pipe'], nodeFlags);
  await until('a session', async () => (await session(port)) === 'hello');
  child.kill('SIGUSR2');
  expect(await within('the end', exit)).toBe(1);
  const last = said.err.trimEnd().split('\n').at(-1) ?? '';
  expect(JSON.parse(last)).toMatchObject({
    level: 'fatal',
    msg: 'floatgate has crashed, which is a bug',
    err: { message: 'boom', stack: expect.stringMatching(/^Error: boom\n {4}at /) },
  });
});

it('ends with 1 where its output is not taken', () => {
  const full = openSync('/dev/full', 'w');
  opened.push(full);
  const words = [join(compiled.folder, 'floatgate.cjs'), 'map', '--subnet', '127.0.20.0/24'];
  const { status, stderr } = spawnSync(process.execPath, words, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^Cannot write the output: .*ENOSPC/);
});
