import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
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
  /** All that it has printed so far. */
  readonly said: () => string;
}

/** Runs HAProxy with these lines below its defaults, until the test is over; `port` is one that it listens on. */
export async function runHaproxy(lines: readonly string[], port: number): Promise<ProxyPeer> {
  const head = ['global', '  nbthread 1', 'defaults'];
  const timeouts = ['connect 5s', 'client 1m', 'server 1m'].map((timeout) => `  timeout ${timeout}`);
  return await run((file) => ['haproxy', '-db', '-f', file], [...head, ...timeouts, ...lines], port);
}

/** Runs nginx with one HTTP server of these directives. */
export async function runNginx(server: readonly string[], port: number): Promise<ProxyPeer> {
  const lines = (folder: string): readonly string[] => [
    'daemon off; master_process off; worker_processes 1;',
    `pid ${folder}/pid;`,
    'events { worker_connections 64; }',
    'http {',
    'access_log off;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${folder}/${what};`),
    'server {',
    ...server,
    '} }',
  ];
  return await run((file, folder) => ['nginx', '-p', folder, '-e', 'stderr', '-c', file], lines, port);
}

type Lines = readonly string[] | ((folder: string) => readonly string[]);

async function run(
  command: (file: string, folder: string) => readonly string[],
  lines: Lines,
  port: number,
): Promise<ProxyPeer> {
  const folder = await mkdtemp(join(tmpdir(), 'floatgate-proxy-'));
  // It runs as nobody, and nginx makes folders.
  await chmod(folder, isRoot ? 0o777 : 0o755);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'conf');
  await writeFile(file, `${(typeof lines === 'function' ? lines(folder) : lines).join('\n')}\n`);
  const [first, ...rest] = asNobody(command(file, folder));
  const child = spawn(first, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const exit = new Promise<void>((resolve) => child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  await until(`${first} to listen on ${port}`, async () => {
    if (child.exitCode !== null) throw new Error(`Cannot run ${rest.join(' ')}: ${said}`);
    return !(await isRefused(port));
  });
  return { said: () => said };
}
