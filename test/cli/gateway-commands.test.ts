import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { reservePort } from '../helpers/free-ports.ts';
import { slack, until, within } from '../helpers/until.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

const servers: Server[] = [];
const ios: FakeIo[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  for (const io of ios.splice(0)) io.remove();
});

/** A server on loopback that greets, then ends when its client does. */
async function greeter(): Promise<number> {
  const server = createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .write('hello'),
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function start(words: readonly string[], io: FakeIo = fakeIo()) {
  ios.push(io);
  return { io, code: within('the end of the command', runCommandLine(words, io)) };
}

function greeting(port: number) {
  const socket = connect(port, '127.0.0.1');
  const word = new Promise<string>((resolve, reject) => {
    socket.setEncoding('utf8').on('data', resolve).on('error', reject);
  });
  return { socket, word: within('a greeting', word) };
}

it('forwards until a signal, and logs JSON lines', async () => {
  const target = await greeter();
  const port = await reservePort();
  const { io, code } = start(['forward', `127.0.0.1:${port}=127.0.0.1:${target}`, '--log-level', 'debug']);
  await until('the ready event', () => io.out().endsWith('\n'));
  expect(JSON.parse(io.out())).toMatchObject({
    event: 'ready',
    listeners: 1,
    services: [],
    forwards: [
      {
        listen: `127.0.0.1:${port}`,
        targets: [{ target: `127.0.0.1:${target}`, weight: 1, tier: 'primary' }],
        balance: 'roundrobin',
      },
    ],
    limits: {
      sessions: expect.any(Number),
      explanation: expect.any(String),
      perSource: { sessions: expect.any(Number), ipv6Network: { sessions: expect.any(Number), prefix: 48 } },
    },
    engine: { name: 'splice', why: 'zero-copy; it works here' },
    skipped: [],
    commands: [`nc localhost ${port}`],
  });
  const { socket, word } = greeting(port);
  expect(await word).toBe('hello');
  socket.end();
  await until('the closed session', () => io.err().includes('session closed'));
  io.signals.send();
  expect(await code).toBe(0);
  const lines = io
    .err()
    .trim()
    .split('\n')
    .map((line): { msg: string } => JSON.parse(line));
  const messages = lines.map(({ msg }) => msg);
  expect(messages).toEqual([
    'gateway ready',
    'session opened',
    'session closed: client closed',
    'gateway stopping',
    'gateway closed',
  ]);
  expect(io.signals.listeners).toBe(0);
  await expect(greeting(port).word).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('prints what is served and how to reach it on a terminal', async () => {
  const io = fakeIo({}, 'terminal');
  const base = (await reservePort()) - 16;
  const words = [
    'up',
    '--subnet',
    '127.0.20.0/24',
    '--bind',
    '127.0.0.1',
    '--hosts',
    '16',
    '--service',
    `ssh=${base}:22`,
  ];
  const { code } = start(words, io);
  await until('the summary', () => io.out().includes('Ctrl-C'));
  io.signals.send();
  expect(await code).toBe(0);
  expect(io.out()).toContain('floatgate serves 1 listener on this machine alone\n');
  expect(io.out()).toContain('subnet    127.0.20.0/24');
  expect(io.out()).toContain(`\n  ssh -p ${base + 16} user@127.0.0.1\n`);
  // The summary shows that it is ready.
  expect(io.err()).toMatch(/^\d\d:\d\d:\d\d gateway stopping/);
});

it('serves nothing when a port is busy, names the holder, and ends with 1', async () => {
  const busy = await greeter();
  const free = await reservePort();
  const { io, code } = start(['forward', `127.0.0.1:${busy}=127.0.0.1:1`, `127.0.0.1:${free}=127.0.0.1:1`]);
  expect(await code).toBe(1);
  expect(io.out()).toBe('');
  expect(io.err()).toContain(`Cannot listen on 127.0.0.1:${busy}`);
  if (process.platform === 'linux') expect(io.err()).toContain(`, pid ${process.pid};`);
  expect(io.err()).toContain('1 of 2 listeners could not be opened');
  await expect(greeting(free).word).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('names busy ports on stderr even where the log does not go there', async () => {
  const busy = await greeter();
  const { io, code } = start(['forward', `127.0.0.1:${busy}=127.0.0.1:1`, '--log-level', 'silent']);
  expect(await code).toBe(1);
  expect(io.err()).toMatch(new RegExp(`^Cannot listen on 127.0.0.1:${busy} .*\nCannot serve: 1 of 1 `));
});

it('breaks such lines at words on a terminal', async () => {
  const busy = await greeter();
  const words = ['forward', `127.0.0.1:${busy}=127.0.0.1:1`, '--log-level', 'silent'];
  const { io, code } = start(words, fakeIo({}, 'terminal'));
  expect(await code).toBe(1);
  expect(io.err()).toMatch(/^Cannot listen on .*\n {2}\S/);
  for (const line of io.err().split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

it('serves the rest with --skip-busy', async () => {
  const busy = await greeter();
  const target = await greeter();
  const port = await reservePort();
  const rules = [`127.0.0.1:${busy}=127.0.0.1:1`, `127.0.0.1:${port}=127.0.0.1:${target}`];
  const { io, code } = start(['forward', '--skip-busy', ...rules]);
  await until('the ready event', () => io.out().endsWith('\n'));
  expect(JSON.parse(io.out())).toMatchObject({
    listeners: 1,
    skipped: [{ listener: `127.0.0.1:${busy}`, code: 'EADDRINUSE' }],
    forwards: [{ listen: `127.0.0.1:${port}` }],
  });
  const { socket, word } = greeting(port);
  expect(await word).toBe('hello');
  socket.destroy();
  io.signals.send();
  expect(await code).toBe(0);
});

it('lets sessions end until the drain time-out, then ends them', async () => {
  const target = await greeter();
  const port = await reservePort();
  const { io, code } = start(['forward', `127.0.0.1:${port}=127.0.0.1:${target}`, '--drain-timeout', '300ms']);
  await until('the ready event', () => io.out().endsWith('\n'));
  const { socket, word } = greeting(port);
  await word;
  const ended = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
  const begun = performance.now();
  io.signals.send();
  expect(await code).toBe(0);
  expect(performance.now() - begun).toBeGreaterThan(290);
  expect(performance.now() - begun).toBeLessThan(300 + slack);
  await within('the end of the session', ended);
  expect(io.err()).toContain('"reason":"drained"');
});

it('ends at once at a second signal, but not at an echo of the first', async () => {
  const target = await greeter();
  const port = await reservePort();
  const { io, code } = start(['forward', `127.0.0.1:${port}=127.0.0.1:${target}`, '--drain-timeout', '1h']);
  await until('the ready event', () => io.out().endsWith('\n'));
  const { socket, word } = greeting(port);
  socket.on('error', () => {});
  await word;
  io.signals.send();
  const first = performance.now();
  io.signals.send();
  await until('half a second later', () => performance.now() - first > 510);
  expect(io.err()).not.toContain('gateway closed');
  io.signals.send();
  expect(await code).toBe(0);
  expect(io.err()).toContain('"reason":"killed"');
});

it('reports what is wrong with the log file, and starts nothing', async () => {
  const { io, code } = start(['forward', '127.0.0.1:8080=127.0.0.1:1', '--log-file', '/nonexistent/log']);
  expect(await code).toBe(2);
  expect(io.err()).toMatch(/^--log-file: Cannot open the log file \/nonexistent\/log: ENOENT/);
});

it.runIf(process.platform === 'linux')(
  'shows the whole job in demo: hosts, gateway, and nothing left over',
  async () => {
    const base = 20_000 + (process.pid % 200) * 50;
    const { io, code } = start(['demo', '--hosts', '16-18', '--service', `ssh=${base}:25022`]);
    await until('the ready event', () => io.out().endsWith('\n'));
    const commands = [`ssh -p ${base + 16} demo@127.0.0.1`, 'floatgate help start'];
    expect(JSON.parse(io.out())).toMatchObject({ listeners: 3, commands });
    expect(await greeting(base + 17).word).toContain('host 17 (127.0.20.17)');
    io.signals.send();
    expect(await code).toBe(0);
    await expect(greeting(base + 17).word).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  },
);

/** A gateway with one session, its log in JSON lines. */
async function withSession(...more: string[]) {
  const target = await greeter();
  const port = await reservePort();
  const { io, code } = start(['forward', `127.0.0.1:${port}=127.0.0.1:${target}`, '--log-level', 'debug', ...more]);
  await until('the ready event', () => io.out().endsWith('\n'));
  const { socket, word } = greeting(port);
  expect(await word).toBe('hello');
  const logged = (text: string) => until(text, () => io.err().includes(text));
  const refuses = () =>
    until('new clients refused', () =>
      greeting(port).word.then(
        () => false,
        () => true,
      ),
    );
  return { io, code, socket, logged, refuses };
}

it('drains until empty at SIGQUIT, beyond the drain time-out', async () => {
  const { io, code, socket, logged, refuses } = await withSession('--drain-timeout', '0s');
  io.signals.send('drain');
  await logged('gateway draining until no session is left');
  await logged('1 session left; SIGTERM or SIGINT ends it at once');
  await refuses();
  // A second one changes nothing.
  io.signals.send('drain');
  expect(socket.closed).toBe(false);
  expect(io.err()).not.toContain('session closed');
  socket.end();
  expect(await code).toBe(0);
  expect(io.err()).toContain('session closed: client closed');
  expect(io.err()).not.toContain('drained');
});

it('takes SIGTERM after SIGQUIT as a first one: the drain time-out, then a second one ends it', async () => {
  const { io, code, logged, refuses } = await withSession('--drain-timeout', '1s');
  io.signals.send('drain');
  await logged('1 session left; SIGTERM or SIGINT gives it 1s to end; once more ends it at once');
  await refuses();
  const begun = performance.now();
  io.signals.send('stop');
  await logged('"drainTimeoutMs":1000,"msg":"gateway stopping"');
  await logged('1 session may end within 1s; SIGTERM or SIGINT again ends it at once');
  expect(await code).toBe(0);
  expect(performance.now() - begun).toBeGreaterThan(900);
  expect(io.err()).toContain('session closed: drained');
});

it('goes on at SIGHUP, SIGUSR1 and SIGUSR2, and opens the log file again at the first two', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'floatgate-reopen-'));
  const file = join(folder, 'log');
  try {
    const { io, code, socket } = await withSession('--log-file', file);
    const has = (name: string, text: string) =>
      until(`${text} in ${name}`, () => existsSync(name) && readFileSync(name, 'utf8').includes(text));
    renameSync(file, `${file}.1`);
    io.signals.send('reopen the log');
    await has(file, 'log file opened again');
    renameSync(file, `${file}.2`);
    io.signals.send('reload');
    await has(file, 'configuration reloaded: nothing has changed');
    io.signals.send('nothing yet');
    await has(file, 'SIGUSR2 means nothing yet');
    socket.end();
    await has(file, 'session closed: client closed');
    io.signals.send();
    expect(await code).toBe(0);
    expect(readFileSync(`${file}.1`, 'utf8')).toContain('session opened');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
