import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { reservePorts } from '../helpers/free-ports.ts';
import { asNobody, isRoot } from '../helpers/nobody.ts';
import { isRefused } from '../helpers/tcp-client.ts';
import { until } from '../helpers/until.ts';

const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };

/** Why these tests cannot run here, or `undefined`. In CI that is an error: nothing may be skipped there. */
export function missingProxy(...programs: readonly string[]): string | undefined {
  const missing = programs.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`], { env }).status !== 0);
  if (missing.length === 0) return undefined;
  const why = `${missing.join(' and ')} missing`;
  if (process.env.CI !== undefined && process.env.CI !== 'false') throw new Error(`Cannot run in CI: ${why}`);
  return why;
}

/** Another program at work. */
export interface ProxyPeer {
  /** The first of its ports. */
  readonly port: number;
  /** All that it has printed so far. */
  readonly output: () => string;
}

/** The lines of a configuration for ports from `port` on. */
type Lines = (port: number) => readonly string[];

/** Runs HAProxy with these lines below its defaults, until the test is over. It listens on the first port at least. */
export async function runHaproxy(lines: Lines): Promise<ProxyPeer> {
  const head = ['global', '  nbthread 1', 'defaults'];
  const timeouts = ['connect 5s', 'client 1m', 'server 1m'].map((timeout) => `  timeout ${timeout}`);
  return await run(
    (file) => ['haproxy', '-db', '-f', file],
    (port) => [...head, ...timeouts, ...lines(port)],
  );
}

/** Runs nginx with one HTTP server of these directives. */
export async function runNginx(server: Lines): Promise<ProxyPeer> {
  const lines = (port: number, folder: string): readonly string[] => [
    'daemon off; master_process off; worker_processes 1;',
    `pid ${folder}/pid;`,
    'events { worker_connections 64; }',
    'http {',
    'access_log off;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${folder}/${what};`),
    'server {',
    ...server(port),
    '} }',
  ];
  return await run((file, folder) => ['nginx', '-p', folder, '-e', 'stderr', '-c', file], lines);
}

/** Ports that a peer may use. */
const portsOfPeer = 2;
/** Tries with other ports, should another program take one of those reserved. */
const tries = 3;

async function run(
  command: (file: string, folder: string) => readonly string[],
  lines: (port: number, folder: string) => readonly string[],
): Promise<ProxyPeer> {
  const folder = await mkdtemp(join(tmpdir(), 'floatgate-proxy-'));
  // It runs as nobody, and nginx makes folders.
  await chmod(folder, isRoot ? 0o777 : 0o755);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'conf');
  for (let attempt = 1; ; attempt += 1) {
    const port = await reservePorts(portsOfPeer);
    await writeFile(file, `${lines(port, folder).join('\n')}\n`);
    const peer = startPeer(command(file, folder));
    const state = await until(`${command(file, folder)[0]} to listen on ${port}`, async () => {
      if (peer.hasEnded()) return 'ended';
      return !(await isRefused(port)) && 'listening';
    });
    if (state === 'listening') return { port, output: peer.output };
    const taken = /address (already )?in use/i.test(peer.output());
    if (!taken || attempt === tries) throw new Error(`Cannot run ${command(file, folder).join(' ')}: ${peer.output()}`);
  }
}

function startPeer(command: readonly string[]) {
  const [first, ...rest] = asNobody(command);
  const child = spawn(first, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
  let ended = false;
  const exit = new Promise<void>((resolve) => child.once('close', () => resolve())).then(() => {
    ended = true;
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return { output: () => output, hasEnded: () => ended };
}
