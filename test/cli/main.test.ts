import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { reservePort } from '../helpers/free-ports.ts';
import { slack, until, within } from '../helpers/until.ts';
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

function main(words: readonly string[], stdio: ('pipe' | number)[], nodeFlags: readonly string[] = []) {
  const child = spawn(process.execPath, [...nodeFlags, join(compiled.folder, 'floatgate.cjs'), ...words], {
    stdio: ['ignore', ...stdio],
  });
  children.push(child);
  const written = { out: '', err: '' };
  child.stdout?.on('data', (part: Buffer) => {
    written.out += part;
  });
  child.stderr?.on('data', (part: Buffer) => {
    written.err += part;
  });
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, written, exit };
}

const forwardWords = async (port: number): Promise<string[]> => [
  'forward',
  `127.0.0.1:${port}=127.0.0.1:${(target.address() as AddressInfo).port}`,
  '--log-level=debug',
  '--drain-timeout=500ms',
];

/** A whole session: resolves with the bytes of the target, or `undefined` where the port is closed. */
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
  // The pipe has no reader, and no room for a single line.
  spawnSync('dd', ['if=/dev/zero', 'bs=4096', 'count=64', 'oflag=nonblock'], { stdio: ['ignore', stuck, 'ignore'] });
  const port = await reservePort();
  const { child, exit } = main(await forwardWords(port), [stuck, stuck]);
  await until('a session', async () => (await session(port)) === 'hello');
  for (let n = 0; n < 20; n += 1) expect(await session(port)).toBe('hello');
  const begun = performance.now();
  child.kill('SIGTERM');
  expect(await within('the end', exit)).toBe(0);
  expect(performance.now() - begun).toBeLessThan(slack);
});

it('goes on when stdout and stderr are closed pipes', async () => {
  const port = await reservePort();
  const { child, exit } = main(await forwardWords(port), ['pipe', 'pipe']);
  child.stdout?.destroy();
  child.stderr?.destroy();
  await until('a session', async () => (await session(port)) === 'hello');
  for (let n = 0; n < 20; n += 1) expect(await session(port)).toBe('hello');
  child.kill('SIGINT');
  expect(await within('the end', exit)).toBe(0);
});

it.each(['/dev/stdout', '/dev/stderr'] as const)('logs to %s', async (file) => {
  const port = await reservePort();
  const output = join(folder, 'output');
  const fd = openSync(output, 'w');
  opened.push(fd);
  const { child, exit } = main([...(await forwardWords(port)), '--log-file', file], [fd, fd]);
  await until('a session', async () => (await session(port)) === 'hello');
  child.kill('SIGTERM');
  expect(await within('the end', exit)).toBe(0);
  expect(readFileSync(output, 'utf8')).toContain('"msg":"gateway closed"');
});

it('prints all of a large map into a pipe, and ends quietly when its reader leaves early', () => {
  const bin = `"${process.execPath}" "${join(compiled.folder, 'floatgate.cjs')}"`;
  const command = `${bin} map --subnet 192.168.20.0/24 --json`;
  const whole = spawnSync('bash', ['-c', `set -o pipefail; ${command} | (sleep 0.3; cat)`], { encoding: 'utf8' });
  expect(whole).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(whole.stdout)).toMatchObject({ listeners: 762 });
  const early = spawnSync('bash', ['-c', `set -o pipefail; ${command} | head -n 1`], { encoding: 'utf8' });
  expect(early).toMatchObject({ status: 0, stdout: '{\n', stderr: '' });
});

it.each([
  ['a process substitution', '--config <(echo "engine: stream")'],
  ['a pipe as stdin', '--config /dev/stdin < <(echo "engine: stream")'],
  ['a file as stdin', '--config /dev/stdin <<< "engine: stream"'],
])('takes its configuration from %s', (_, words) => {
  const bin = `"${process.execPath}" "${join(compiled.folder, 'floatgate.cjs')}"`;
  const command = `${bin} check --subnet 127.0.20.0/24 ${words}`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('engine    stream');
});

it('ends at SIGTERM while it waits for the pipe of its configuration', async () => {
  const path = join(folder, 'configuration');
  spawnSync('mkfifo', [path]);
  const { child, exit } = main(['up', '--config', path], ['pipe', 'pipe']);
  await until('the pipe is open', () => openFiles(child.pid).includes(path));
  child.kill('SIGTERM');
  // 0 where the process has a handler by then, else the signal ends it.
  expect([0, null]).toContain(await within('the end', exit));
});

const root = process.platform === 'linux' && process.getuid?.() === 0;

it.runIf(root)('as root keeps CAP_NET_BIND_SERVICE alone, in every thread, and reports it', async () => {
  const target80 = '127.0.0.1:80';
  const { child, written, exit } = main(['forward', `127.0.31.7:81=${target80}`], ['pipe', 'pipe']);
  await until('the gateway', () => written.out.includes('"event":"ready"'));
  const threads = readdirSync(`/proc/${child.pid}/task`);
  const sets = threads.map((thread) => readFileSync(`/proc/${child.pid}/task/${thread}/status`, 'utf8'));
  for (const name of ['CapPrm', 'CapEff', 'CapBnd', 'CapInh']) {
    const held = sets.map((status) => new RegExp(`^${name}:\\s*0*([\\da-f]*)$`, 'm').exec(status)?.[1]);
    expect([name, new Set(held)]).toEqual([name, new Set(['400'])]);
  }
  const note = 'This gateway runs as root: run it as a user of its own; it keeps CAP_NET_BIND_SERVICE alone';
  expect(JSON.parse(written.out)).toMatchObject({ pid: child.pid, notes: [note] });
  child.kill('SIGTERM');
  expect(await within('the end', exit)).toBe(0);
  expect(written.err).toContain(`"level":"warn"`);
  expect(written.err).toContain(note);
});

it.runIf(root)('as root keeps what it has where its own files could not be read without, and reports it', async () => {
  const home = mkdtempSync(join(tmpdir(), 'floatgate-home-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  chownSync(home, 65_534, 65_534);
  chmodSync(home, 0o700);
  const moved = join(home, 'dist');
  symlinkSync(compiled.folder, moved);
  const words = ['--preserve-symlinks-main', join(moved, 'floatgate.cjs'), 'forward', '127.0.31.7:82=127.0.0.1:80'];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  let out = '';
  child.stdout.on('data', (part: Buffer) => {
    out += part;
  });
  const exit = new Promise((resolve) => child.on('close', resolve));
  await until('the gateway', () => out.includes('"event":"ready"'));
  expect(JSON.parse(out)).toMatchObject({
    notes: [
      expect.stringMatching(
        /it keeps root's capabilities: without them .*floatgate\.cjs could not be read; install it/,
      ),
    ],
  });
  child.kill('SIGTERM');
  expect(await within('the end', exit)).toBe(0);
});

it.runIf(root)('as root starts anew once, even where the system gives it all capabilities back', async () => {
  const words = [process.execPath, join(compiled.folder, 'floatgate.cjs'), 'forward', '127.0.31.7:83=127.0.0.1:80'];
  // As a process that has just started anew, and has them still.
  const shell = ['-c', 'FLOATGATE_RESTARTED=$$ exec "$@"', 'sh', ...words];
  const child = spawn('sh', shell, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const out = text(child.stdout);
  child.stdout.once('data', () => child.kill('SIGTERM'));
  expect(JSON.parse((await within('the end', out)).split('\n')[0] ?? '')).toMatchObject({
    notes: [expect.stringMatching(/it keeps root's capabilities: this system gives them back$/)],
  });
});

/** What the descriptors of a process lead to, where there is /proc. */
function openFiles(pid: number | undefined): string[] {
  const descriptors = `/proc/${pid}/fd`;
  try {
    return readdirSync(descriptors).map((fd) => readlinkSync(join(descriptors, fd)));
  } catch {
    // One of them was closed meanwhile.
    return [];
  }
}

it.runIf(process.platform === 'linux')(
  'shows what a process that holds a port calls itself, and obeys none of it',
  async () => {
    const port = await reservePort();
    const title = 'a\u001b]0;owned\u0007\u009b2J\u202e\nb';
    const squatter = main(await forwardWords(port), ['pipe', 'pipe'], [`--title=${title}`]);
    await until('the squatter', () => squatter.written.out.includes('"event":"ready"'));
    const { written, exit } = main(await forwardWords(port), ['pipe', 'pipe']);
    expect(await within('the end', exit)).toBe(1);
    expect(written.err).toContain('\\u009b2J\\u202e');
    expect(written.err).toMatch(/^[\n -~]*$/);
    const [line] = written.err.split('\n').filter((line) => line.includes('EADDRINUSE'));
    expect(JSON.parse(line ?? '')).toMatchObject({
      msg: expect.stringContaining(`held by ${title}, pid ${squatter.child.pid};`),
    });
    squatter.child.kill('SIGTERM');
    await within('the end', squatter.exit);
  },
);

const crashes = [
  ['an exception', 'throw new Error("boom")'],
  ['a rejection', 'Promise.reject(new Error("boom"))'],
] as const;

it.each(crashes)('logs %s that is not caught with its stack, and ends with 1', async (_, bug) => {
  const onSignal = `process.on('SIGUSR2', () => { ${bug} })`;
  const port = await reservePort();
  const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(onSignal)}`];
  const { child, written, exit } = main(await forwardWords(port), ['pipe', 'pipe'], nodeFlags);
  await until('a session', async () => (await session(port)) === 'hello');
  child.kill('SIGUSR2');
  expect(await within('the end', exit)).toBe(1);
  const last = written.err.trimEnd().split('\n').at(-1) ?? '';
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
