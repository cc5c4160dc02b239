import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cleanEnvironment } from '../helpers/gateway-process.ts';
import { echo, freeBase, openHosts } from '../helpers/loopback-hosts.ts';
import { asNobody } from '../helpers/nobody.ts';
import { ask, openClient } from '../helpers/tcp-client.ts';
import { until, within } from '../helpers/until.ts';
import { floatgate, serving, start, up } from './floatgate.ts';

interface Terminal {
  /** What it shows by now, lines ended by a line feed. */
  shown(): string;
  /** Resolves once it shows `text`. */
  shows(text: string): Promise<void>;
  press(keys: string): void;
  readonly exit: Promise<number | null>;
}

const controlC = '\u0003';

/** Runs a command as nobody at a pseudo-terminal of root (script(1)), 80x24. */
function atTerminal(command: readonly string[], env: Readonly<Record<string, string>> = {}): Terminal {
  const words = asNobody(command).map((word) => `'${word}'`);
  const child = spawn('script', ['-qec', `stty cols 80 rows 24; exec ${words.join(' ')}`, '/dev/null'], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...cleanEnvironment(), TERM: 'xterm', ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const shown = () => output.replaceAll('\r\n', '\n');
  return {
    shown,
    shows: async (text) => void (await until(`${text} on the terminal`, () => shown().includes(text))),
    press: (keys) => void child.stdin.write(keys),
    exit: new Promise((resolve) => child.on('close', resolve)),
  };
}

const plain = { NO_COLOR: '1' };

describe('at a terminal', () => {
  it('up needs no more than 80x24, and has colours unless NO_COLOR is set', async () => {
    const port = (await freeBase([16, 17])) + 16;
    const command = up({ ssh: `${port - 16}:22` }, '--hosts', '16-17', '--public-address', '203.0.113.7');
    const terminal = atTerminal(command, plain);
    await terminal.shows('Stop with Ctrl-C\n');
    const lines = terminal.shown().trimEnd().split('\n');
    expect(lines.length).toBeLessThan(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines).toContain('floatgate serves 2 listeners on this machine alone');
    expect(lines).toContain(`  ssh -p ${port} user@127.0.0.1`);
    expect(terminal.shown()).not.toContain('\u001b');
    terminal.press(controlC);
    expect(await within('the end', terminal.exit)).toBe(0);
    expect(terminal.shown()).toContain('gateway closed');

    const open = atTerminal(floatgate('forward', `${port}=127.0.20.16:22`));
    await open.shows('Stop with Ctrl-C\n');
    expect(open.shown()).toContain('\u001b[1m\u001b[33meverybody\u001b[39m\u001b[22m');
    expect(open.shown()).toContain(`  ssh -p ${port} user@localhost\n`);
    open.press(controlC);
    await within('the end', open.exit);
  });

  it('shows sessions that fail, one line for many of one cause, and what a second Ctrl-C does', async () => {
    await using hosts = await openHosts([16], echo);
    const base = await freeBase([1, 2]);
    const rules = [`127.0.0.1:${base + 1}=127.0.20.16:${hosts.port}`, `127.0.0.1:${base + 2}=127.0.20.17:9`];
    const terminal = atTerminal(floatgate('forward', ...rules, '--drain-timeout', '60s'), plain);
    await terminal.shows('Stop with Ctrl-C\n');
    const client = await openClient(base + 1);
    await client.echoes('hello');
    for (let session = 0; session < 5; session += 1) await ask(base + 2);
    await terminal.shows('-> 127.0.20.17:9\n');
    expect(terminal.shown()).toMatch(
      new RegExp(`failed: refused +127\\.0\\.0\\.1:\\d+ -> 127\\.0\\.0\\.1:${base + 2}\\s+-> 127\\.0\\.20\\.17:9\\n`),
    );
    const first = performance.now();
    terminal.press(controlC);
    await terminal.shows('1 session may end within 1m; Ctrl-C again ends it at once\n');
    await until('half a second later', () => performance.now() - first > 600);
    await client.echoes('still here');
    terminal.press(controlC);
    expect(await within('the end', terminal.exit)).toBe(0);
    expect(terminal.shown()).toMatch(/failed: \.\.\. 4 more in \d+ s: refused, target 127\.0\.20\.17:9\n/);
    expect(terminal.shown()).not.toContain('session closed');
    await client.finished();
  });

  it('shows every session, its opening, too, with --verbose', async () => {
    await using hosts = await openHosts([16], echo);
    const port = (await freeBase([16])) + 16;
    const terminal = atTerminal(up({ echo: `${port - 16}:${hosts.port}` }, '--hosts', '16', '--verbose'), plain);
    await terminal.shows('Stop with Ctrl-C\n');
    await ask(port, 'hello');
    await terminal.shows('5 B to target, 5 B to client');
    const log = terminal.shown().replaceAll(/\n +/g, ' ');
    expect(log).toMatch(/ debug: session opened {2}echo host 16 {2}127\.0\.0\.1:\d+ -> 127\.0\.20\.16:\d+\n/);
    expect(log).toMatch(/\d session closed: client closed {2}echo host 16 /);
    terminal.press(controlC);
    await within('the end', terminal.exit);
  });

  it('logs JSON where it is asked for', async () => {
    const port = (await freeBase([1])) + 1;
    const terminal = atTerminal(floatgate('forward', `127.0.0.1:${port}=127.0.0.1:9`), {
      FLOATGATE_LOG_FORMAT: 'json',
    });
    await terminal.shows('"msg":"gateway ready"');
    terminal.press(controlC);
    await within('the end', terminal.exit);
    const lines = terminal.shown().match(/^.*\{.*$/gm) ?? [];
    expect(lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))).msg)).toContain('gateway closed');
  });
});

describe('a log that is an output of the process', () => {
  const forwardTo = async (...more: readonly string[]) =>
    floatgate('forward', `127.0.0.1:${(await freeBase([1])) + 1}=127.0.0.1:9`, ...more);

  // A pipe that root has made, which nobody may not open by its path. Node would make a socket of its own.
  it.each([
    ['/dev/stdout', '2>/dev/null'],
    ['/dev/stderr', '2>&1 >/dev/null'],
    ['-', '2>&1 >/dev/null'],
    ['/proc/self/fd/1', '2>/dev/null'],
  ])('as nobody: %s is a pipe of root', async (file, redirection) => {
    const words = asNobody(await forwardTo('--log-file', file)).map((word) => `'${word}'`);
    const script = `echo $$ >&3; exec ${words.join(' ')} ${redirection} 3>&-`;
    const child = spawn('sh', ['-c', `sh -c "$0" | cat`, script], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
      env: cleanEnvironment(),
    });
    let pid = 0;
    let output = '';
    child.stdio[3]?.on('data', (text: Buffer) => {
      pid = Number(text);
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    onTestFinished(() => {
      if (child.exitCode === null && pid > 0) process.kill(pid, 'SIGKILL');
    });
    const exit = new Promise((resolve) => child.on('close', resolve));
    await until('the gateway', () => output.includes('"msg":"gateway ready"'));
    process.kill(pid, 'SIGTERM');
    await within('the end', exit);
    expect(output).toContain('"msg":"gateway closed"');
  });

  it('is not opened again at SIGUSR1', async () => {
    await serving(await forwardTo('--log-file', '/dev/stderr', '--log-level', 'debug'), async (gateway) => {
      gateway.child.kill('SIGUSR1');
      gateway.child.kill('SIGUSR2');
      await gateway.logged({ msg: 'SIGUSR2 means nothing yet' });
      expect(gateway.logs.map(({ msg }) => msg)).not.toContain('log file opened again');
    });
  });

  it('has no line for a connection without a byte with log.quiet, but their number', async () => {
    await using hosts = await openHosts([16], echo);
    const port = (await freeBase([16])) + 16;
    const gateway = start(up({ echo: `${port - 16}:${hosts.port}` }, '--hosts', '16', '--log-quiet'));
    await gateway.ready();
    for (let probe = 0; probe < 3; probe += 1) {
      const client = await openClient(port);
      client.socket.end();
      await client.finished();
    }
    await ask(port, 'hello');
    await gateway.logged({ msg: 'session closed: client closed', bytesToClient: 5 });
    gateway.child.kill('SIGTERM');
    await within('the end', gateway.exit);
    const closed = gateway.logs.filter(({ reason }) => reason === 'client closed');
    expect(closed).toHaveLength(1);
    const counted = gateway.logs.filter(({ msg }) => /without a byte either way/.test(String(msg)));
    expect(counted.map(({ sessions }) => sessions)).toEqual([1, 2]);
  });
});
