import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openControlSocket } from '../../src/admin/server.ts';
import { until } from '../helpers/until.ts';
import { ask, open, raw } from './control-socket-fixture.ts';

const short = { headers: 300, request: 600, silent: 300, ending: 50 };

it("is its user's alone, from the first moment on, and is removed at the end", async () => {
  const { path, socket } = await open();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await Promise.all([socket.close(), socket.close()]);
  expect(existsSync(path)).toBe(false);
});

it('leaves alone what another gateway has put in its place', async () => {
  const { path, folder, socket } = await open();
  renameSync(path, join(folder, 'moved'));
  writeFileSync(path, 'another');
  await socket.close();
  expect(existsSync(path)).toBe(true);
  rmSync(path);
});

it('says why it cannot be opened', async () => {
  const { path, control } = await open();
  const again = await openControlSocket({ path, control, version: '', onBug: () => {} });
  expect(again).toMatchObject({ ok: false, taken: true, why: expect.stringContaining(path) });
});

it('serves 16 connections at a time, and drops those that say nothing', async () => {
  const { path } = await open(short);
  const silent = Array.from({ length: 16 }, () => raw(path));
  await until('all connections', () => silent.every(({ socket }) => !socket.connecting));
  const beyond = raw(path, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  await until('the end of the 17th', () => beyond.ended);
  expect(beyond.received).toBe('');
  await until('the end of the silent ones', () => silent.every(({ ended }) => ended));
  expect(await ask(path, '/healthz')).toMatchObject({ status: 200 });
});

it('drops a client that begins a request or a body and does not go on', async () => {
  const { path } = await open(short);
  const clients = [
    raw(path, 'GET /api/status HTTP/1.1\r\nHos'),
    raw(path, 'POST /api/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"dryRun"'),
    raw(path, 'POST /api/reload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"dry'),
  ];
  await until('their end', () => clients.every(({ ended }) => ended));
  expect(await ask(path, '/healthz')).toMatchObject({ status: 200 });
});

it('answers garbage with 400, and goes on', async () => {
  const { path, control } = await open(short);
  const clients = [
    raw(path, 'SSH-2.0-OpenSSH_9.2\r\n'),
    raw(path, Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])),
    raw(path, `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
    raw(path, `GET / HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(5_000)}\r\n`),
    raw(path, 'POST /api/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'),
  ];
  await until('their end', () => clients.every(({ ended }) => ended));
  for (const { received } of clients) expect(received).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect(await ask(path, '/healthz')).toMatchObject({ status: 200 });
  expect(control.asked).toEqual([]);
});

it('drops a client that does not read its answers', async () => {
  const { path, control } = await open(short);
  control.rows = 200;
  const slow = raw(path);
  slow.socket.pause();
  const request = 'GET /api/sessions HTTP/1.1\r\nHost: x\r\n\r\n';
  slow.socket.write(request.repeat(400));
  // A write shows that the other side has gone, as nothing is read.
  await until('its end', () => {
    if (slow.socket.writable) slow.socket.write(' ');
    return slow.ended;
  });
  expect(await ask(path, '/healthz')).toMatchObject({ status: 200 });
});

it('answers 2,000 requests in a row on one connection, and ends in the middle of such', async () => {
  const { path, socket } = await open();
  const client = raw(path, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2_000));
  await until('all answers', () => client.received.split('"status":"ok"').length - 1 === 2_000);
  client.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2_000));
  await socket.close();
  await until('its end', () => client.ended);
});
