import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findGateway } from '../../src/admin/find-gateway.ts';
import { type FakeGateway, fakeGateway, someStatus } from '../helpers/fake-gateway.ts';

function runtimeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'floatgate-run-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, 'floatgate', `${name}.sock`);
  const find =
    (...names: readonly string[]) =>
    async () =>
      names.map((name) => ({ name, path: path(name) }));
  return { path, find };
}

const started = (pid: number, path: string): Promise<FakeGateway> =>
  fakeGateway({ 'GET /api/status': () => ({ body: { ...someStatus, pid } }) }, path);

it('takes the only one, and a path as it is', async () => {
  const { path, find } = runtimeFolder();
  await using _ = await started(1, path('up'));
  expect(await findGateway(undefined, {}, find('up'))).toMatchObject({ ok: true, client: { path: path('up') } });
  expect(await findGateway('./a/b', {}, find('up'))).toMatchObject({ ok: true, client: { path: './a/b' } });
});

it('names several, and takes the one that a flag or a variable names', async () => {
  const { path, find } = runtimeFolder();
  await using _ = await started(17, path('up'));
  await using __ = await started(18, path('lab'));
  const both = find('lab', 'up');
  const found = await findGateway(undefined, {}, both);
  expect(found).toMatchObject({ ok: false, why: 'several' });
  const message = found.ok ? '' : found.message;
  expect(message.split('\n').sort()).toEqual([
    expect.stringMatching(/^ {2}--instance lab {4}pid 18, up, since 2026-11-27 /),
    expect.stringMatching(/^ {2}--instance up {4}pid 17, up, since 2026-11-27 /),
    'Cannot choose a gateway: 2 run here; name one of them:',
  ]);
  expect(await findGateway('lab', {}, both)).toMatchObject({ client: { path: path('lab') } });
  const named = { FLOATGATE_INSTANCE: 'up' };
  expect(await findGateway(undefined, named, both)).toMatchObject({ client: { path: path('up') } });
  expect(await findGateway('lab', named, both)).toMatchObject({ client: { path: path('lab') } });
  expect(await findGateway('alb', {}, both)).toMatchObject({ why: 'no such name' });
});

it('says which of several does not answer', async () => {
  const { path, find } = runtimeFolder();
  await using _ = await started(1, path('up'));
  const found = await findGateway(undefined, {}, find('gone', 'up'));
  expect(found).toMatchObject({ message: expect.stringMatching(/\n {2}--instance gone {4}there is no such socket\n/) });
});

it('says what to do where there is none', async () => {
  const { find } = runtimeFolder();
  const none = { ok: false, why: 'none', message: expect.stringMatching(/^Cannot find a running gateway: .*sudo -u/s) };
  expect(await findGateway(undefined, {}, find())).toEqual(none);
  expect(await findGateway('lab', {}, find())).toEqual(none);
});
