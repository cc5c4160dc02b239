import { spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { asNobody, isRoot, runsUnprivileged } from '../helpers/nobody.ts';
import { until } from '../helpers/until.ts';
import { compileFile } from '../observe/compile.ts';
import { send } from './control-fixture.ts';
import { shortFolder } from './socket-fixture.ts';

const root = new URL('../..', import.meta.url).pathname;

/** Serves a control whose every call is done, until its input ends. */
const program = `
import { openControlSocket } from './dist/admin/server.js';
const control = new Proxy({}, { get: (_, name) => async () => ({ ok: true, value: { name } }) });
const planned = { socket: { path: process.argv[2] } };
const bug = (error) => console.error(error);
const opened = await openControlSocket({ planned, command: 'up', environment: {}, control: () => control, onBug: bug });
console.log(JSON.stringify(opened));
process.stdin.resume().once('end', () => opened.socket.close());
`;

// `npm install` may put another version under a process that runs: what it needs, it has loaded before.
test('once the socket is open, no file of the program and its packages is read any more', async () => {
  const compiled = compileFile('admin/server.ts');
  onTestFinished(() => compiled.remove());
  const top = dirname(compiled.folder);
  for (const name of ['hono', '@hono/node-server', 'zod']) {
    const filter = (path: string) => !/\.(c?ts|cjs|map)$/.test(path);
    cpSync(join(root, 'node_modules', name), join(top, 'node_modules', name), { recursive: true, filter });
  }
  writeFileSync(join(top, 'serve.mjs'), program);
  // A folder of the user's own, in one that it may not write to.
  const folder = shortFolder();
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'own'), { mode: 0o700 });
  if (isRoot && runsUnprivileged) chownSync(join(folder, 'own'), 65_534, 65_534);
  const path = join(folder, 'own/control.sock');

  const [command, ...rest] = asNobody([process.execPath, join(top, 'serve.mjs'), path]);
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  await until('the socket', () => output.endsWith('\n') || child.exitCode !== null);
  expect([errors, output]).toEqual(['', expect.stringContaining('"ok":true')]);
  for (const name of ['dist', 'node_modules']) rmSync(join(top, name), { recursive: true });

  const statuses = async (requests: readonly (readonly [string, string, object?])[]) =>
    await Promise.all(requests.map(async ([method, url, sent]) => (await send(path, method, url, sent)).status));
  const reads = ['/healthz', '/api/status', '/api/listeners', '/api/sessions?host=1', '/api/targets', '/readyz'];
  expect(await statuses(reads.map((url) => ['GET', url]))).toEqual([200, 200, 200, 200, 200, 503]);
  const changes = await statuses([
    ['GET', '/api/openapi.json'],
    ['POST', '/api/reload', { body: { dryRun: true } }],
    ['DELETE', '/api/sessions/7'],
    ['POST', '/api/forwards', { body: { forwards: ['8080=10.0.0.5:80'] } }],
    ['PUT', '/api/log-level', { body: { level: 'nope' } }],
    ['POST', '/api/reload', { raw: ' '.repeat(100_000) }],
    ['POST', '/api/reload', { raw: '{}', headers: { 'Content-Type': 'text/plain' } }],
    ['GET', '/nope'],
    ['PATCH', '/api/reload'],
    ['GET', '*'],
  ]);
  expect(changes).toEqual([200, 200, 200, 201, 400, 413, 415, 404, 405, 400]);
  child.stdin.end();
  await until('the end', () => child.exitCode !== null);
  expect([errors, child.exitCode]).toEqual(['', 0]);
});
