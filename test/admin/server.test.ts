import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openControlSocket } from '../../src/admin/server.ts';
import { asNobody, isRoot, runsUnprivileged } from '../helpers/nobody.ts';
import { until, within } from '../helpers/until.ts';
import { openFake, rawClient, readAll, send } from './control-fixture.ts';
import { FakeControl } from './fake-control.ts';
import { liveSocket, rootsIn, shortFolder } from './socket-fixture.ts';

const base = { command: 'up', environment: {}, control: () => new FakeControl(), onBug: () => {} };

test('the socket is for its user alone, and nothing else is left in the folder', async () => {
  const before = process.umask(0);
  const folder = shortFolder();
  const { socket } = await openFake({}, folder).finally(() => process.umask(before));
  const stats = lstatSync(socket.path);
  expect([stats.isSocket(), (stats.mode & 0o7777).toString(8), stats.uid]).toEqual([true, '600', process.getuid?.()]);
  expect(readdirSync(folder)).toEqual(['control.sock']);
  await socket.close();
  expect(readdirSync(folder)).toEqual([]);
});

// The folder of the test is open, so that the mode of the socket alone is what keeps others out.
test.runIf(isRoot && runsUnprivileged)('another user cannot open it', async () => {
  const folder = shortFolder();
  spawnSync('chmod', ['755', folder]);
  const { socket } = await openFake({}, folder);
  const script = `require('node:net').connect(${JSON.stringify(socket.path)}).on('error', (e) => console.log(e.code))
    .on('connect', () => process.exit(1))`;
  const [command, ...rest] = asNobody([process.execPath, '-e', script]);
  const tried = spawnSync(command, rest, { encoding: 'utf8' });
  expect([tried.stdout.trim(), tried.status]).toEqual(['EACCES', 0]);
});

test('gateways of one user get a name each, also when they start at the same moment', async () => {
  const folder = shortFolder();
  const options = { ...base, planned: { socket: 'auto' }, roots: rootsIn(folder) } as const;
  const opened = await Promise.all([1, 2, 3].map(async () => await openControlSocket(options)));
  const sockets = opened.flatMap((each) => (each.ok ? [each.socket] : []));
  expect(sockets.map(({ instance }) => instance).sort()).toEqual(['up', 'up-2', 'up-3']);
  const named = await openControlSocket({ ...options, planned: { socket: 'auto', instance: 'up-2' } });
  expect(named).toEqual({ ok: false, why: 'a gateway named up-2 runs already; give this one another name' });
  await Promise.all(sockets.map(async (socket) => await socket.close()));
});

test('the control is made for the instance', async () => {
  const names: string[] = [];
  const opened = await openControlSocket({
    ...base,
    planned: { socket: 'auto', instance: 'blue' },
    roots: rootsIn(shortFolder()),
    control: (name) => {
      names.push(name);
      return new FakeControl();
    },
  });
  expect(opened).toMatchObject({ ok: true, socket: { instance: 'blue' } });
  expect(names).toEqual(['blue']);
  if (opened.ok) await opened.socket.close();
});

test('where there is no place for it, the reason is a value', async () => {
  const folder = shortFolder();
  const roots = rootsIn(folder);
  writeFileSync(join(folder, `floatgate-${roots.uid}`), '');
  const own = `${folder}/floatgate-${roots.uid} is no folder`;
  const why = `there is no folder for it: ${roots.run} is not there, ${own}`;
  expect(await openControlSocket({ ...base, planned: { socket: 'auto' }, roots })).toEqual({ ok: false, why });
});

test('closing leaves a file that has taken the place of the socket', async () => {
  const { socket } = await openFake();
  unlinkSync(socket.path);
  await liveSocket(socket.path);
  await socket.close();
  expect(existsSync(socket.path)).toBe(true);
  const other = await openFake();
  renameSync(other.socket.path, `${other.socket.path}-moved`);
  mkdirSync(other.socket.path);
  await Promise.all([other.socket.close(), other.socket.close()]);
  await other.socket.close();
  expect(lstatSync(other.socket.path).isDirectory()).toBe(true);
});

test('closing waits a moment for answers under way, and not for idle or silent clients', async () => {
  const { socket, control } = await openFake({ closeMs: 20_000 });
  let goOn = (): void => {};
  control.pause = new Promise((resolve) => {
    goOn = resolve;
  });
  const silent = readAll(await rawClient(socket.path));
  const idle = readAll(await rawClient(socket.path, 'GET /healthz HTTP/1.1\r\n\r\n'));
  const answer = send(socket.path, 'GET', '/api/status', { headers: { Connection: 'keep-alive' } });
  await until('the call', () => control.calls.length === 1);
  const closed = socket.close();
  expect(existsSync(socket.path)).toBe(false);
  expect(await silent).toBe('');
  expect(await idle).toContain('"ok"');
  goOn();
  expect(await answer).toMatchObject({ status: 200 });
  await within('the end', closed);
});

test('closing cuts what does not end', async () => {
  const { socket, control } = await openFake({ closeMs: 20 });
  control.pause = new Promise(() => {});
  const cut = new Promise((resolve) => {
    request({ socketPath: socket.path, path: '/api/status', agent: false }).once('error', resolve).end();
  });
  await until('the call', () => control.calls.length === 1);
  await socket.close();
  expect(await cut).toMatchObject({ code: 'ECONNRESET' });
});
