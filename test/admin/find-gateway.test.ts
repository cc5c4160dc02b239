import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findGateway } from '../../src/admin/find-gateway.ts';
import { type FakeGateway, fakeGateway, someStatus } from '../helpers/fake-gateway.ts';

function runtimeFolder(): { readonly environment: { readonly XDG_RUNTIME_DIR: string }; path(name: string): string } {
  const folder = mkdtempSync(join(tmpdir(), 'floatgate-run-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return {
    environment: { XDG_RUNTIME_DIR: folder },
    path: (name) => join(folder, 'floatgate', `${name}.sock`),
  };
}

const started = (pid: number, path: string): Promise<FakeGateway> =>
  fakeGateway({ 'GET /api/status': () => ({ body: { ...someStatus, pid } }) }, path);

it('takes the only one, and a path as it is', async () => {
  const { environment, path } = runtimeFolder();
  await using _ = await started(1, path('up'));
  expect(await findGateway(undefined, environment)).toMatchObject({ ok: true, client: { path: path('up') } });
  expect(await findGateway('./a/b', environment)).toMatchObject({ ok: true, client: { path: './a/b' } });
});

it('names several, and takes the one that a flag or a variable names', async () => {
  const { environment, path } = runtimeFolder();
  await using _ = await started(17, path('up'));
  await using __ = await started(18, path('lab'));
  const found = await findGateway(undefined, environment);
  expect(found).toMatchObject({ ok: false, why: 'several' });
  const message = found.ok ? '' : found.message;
  expect(message.split('\n').sort()).toEqual([
    expect.stringMatching(/^ {2}--instance lab {4}pid 18, up, since 2026-11-27 /),
    expect.stringMatching(/^ {2}--instance up {4}pid 17, up, since 2026-11-27 /),
    'Cannot choose a gateway: 2 of this user run here; name one of them:',
  ]);
  expect(await findGateway('lab', environment)).toMatchObject({ client: { path: path('lab') } });
  const named = { ...environment, FLOATGATE_INSTANCE: 'up' };
  expect(await findGateway(undefined, named)).toMatchObject({ client: { path: path('up') } });
  expect(await findGateway('lab', named)).toMatchObject({ client: { path: path('lab') } });
  expect(await findGateway('alb', environment)).toMatchObject({ why: 'no such name' });
});

it('passes over a socket that a killed gateway has left', async () => {
  const { environment, path } = runtimeFolder();
  await using _ = await started(1, path('up'));
  const server = createServer().listen(path('killed'));
  await once(server, 'listening');
  renameSync(path('killed'), path('left'));
  await new Promise((resolve) => server.close(resolve));
  expect(await findGateway(undefined, environment)).toMatchObject({ ok: true, client: { path: path('up') } });
});

it('says what to do where there is none', async () => {
  const { environment } = runtimeFolder();
  const none = { ok: false, why: 'none', message: expect.stringMatching(/^Cannot find a running gateway: .*sudo -u/s) };
  expect(await findGateway(undefined, environment)).toEqual(none);
  expect(await findGateway('lab', environment)).toEqual(none);
});
