import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { choosePlace, findInstances, type Surroundings } from '../../src/admin/socket-place.ts';

const uid = process.getuid?.() ?? 0;

/** Folders in place of the system's. */
function system(): { readonly root: string; readonly surroundings: Surroundings } {
  const root = mkdtempSync(join(tmpdir(), 'floatgate-place-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [run, tmp] = [join(root, 'run'), join(root, 'tmp')];
  for (const folder of [run, tmp]) mkdirSync(folder);
  chmodSync(tmp, 0o1777);
  return { root, surroundings: { run, tmp, uid } };
}

function folder(path: string, mode = 0o700): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return path;
}

async function listenAt(path: string): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.close();
  });
  return server;
}

/** A socket that a killed gateway left behind. */
async function leftAt(path: string): Promise<void> {
  const { spawnSync } = await import('node:child_process');
  const code = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  spawnSync(process.execPath, ['-e', code, path]);
  expect(existsSync(path)).toBe(true);
}

const auto = { socket: 'auto' } as const;

it('takes the first folder that is there and fit', async () => {
  const { root, surroundings } = system();
  const runtime = join(root, 'service');
  const user = folder(join(root, 'user'));
  const environment = { RUNTIME_DIRECTORY: `${runtime}:${root}/other`, XDG_RUNTIME_DIR: user };
  const place = () => choosePlace(auto, 'up', environment, surroundings);
  expect(await place()).toMatchObject({ kind: 'place', path: join(user, 'floatgate', 'up.sock'), instance: 'up' });
  folder(join(root, 'run', 'floatgate'));
  expect(await place()).toMatchObject({ path: join(root, 'run', 'floatgate', 'up.sock') });
  folder(runtime);
  expect(await place()).toMatchObject({ path: join(runtime, 'up.sock') });
  chmodSync(runtime, 0o777);
  expect(await place()).toMatchObject({ path: join(root, 'run', 'floatgate', 'up.sock') });
  expect(existsSync(join(root, 'tmp', `floatgate-${uid}`))).toBe(false);
  expect(await choosePlace(auto, 'up', {}, surroundings)).toMatchObject({ kind: 'place' });
});

it('makes a folder of its own below /tmp, and takes none that others could have made', async () => {
  const { root, surroundings } = system();
  const own = join(root, 'tmp', `floatgate-${uid}`);
  expect(await choosePlace(auto, 'up', {}, surroundings)).toMatchObject({ path: join(own, 'up.sock') });
  for (const mode of [0o755, 0o770, 0o777]) {
    chmodSync(own, mode);
    expect(await choosePlace(auto, 'up', {}, surroundings)).toMatchObject({ kind: 'none' });
  }
  rmSync(own, { recursive: true });
  symlinkSync(folder(join(root, 'elsewhere')), own);
  const refused = await choosePlace(auto, 'up', {}, surroundings);
  expect(refused).toMatchObject({ kind: 'none', why: expect.stringContaining(`${own} is no folder`) });
  expect(await choosePlace(auto, 'up', {}, { ...surroundings, uid: uid + 1 })).toMatchObject({ kind: 'none' });
});

it('numbers gateways side by side, and replaces what a killed one left', async () => {
  const { root, surroundings } = system();
  const environment = { RUNTIME_DIRECTORY: folder(join(root, 'service')) };
  const first = await choosePlace(auto, 'up', environment, surroundings);
  if (first.kind !== 'place') throw new Error(first.why);
  await leftAt(first.path);
  expect(await choosePlace(auto, 'up', environment, surroundings)).toMatchObject({ path: first.path });
  expect(existsSync(first.path)).toBe(false);
  await listenAt(first.path);
  expect(await choosePlace(auto, 'up', environment, surroundings)).toMatchObject({ instance: 'up-2' });
  expect(await choosePlace({ ...auto, instance: 'prod' }, 'up', environment, surroundings)).toMatchObject({
    path: join(root, 'service', 'prod.sock'),
    instance: 'prod',
  });
  expect(await choosePlace({ ...auto, instance: 'up' }, 'up', environment, surroundings)).toMatchObject({
    kind: 'none',
    why: expect.stringMatching(/a gateway listens there/),
  });
  await leftAt(join(root, 'service', 'old.sock'));
  expect(await findInstances(environment, surroundings)).toEqual([{ name: 'up', path: first.path }]);
});

it('takes a path as it is, but replaces no other file, and none that is too long', async () => {
  const { root, surroundings } = system();
  const at = (path: string) => choosePlace({ socket: { path } }, 'up', {}, surroundings);
  const path = join(root, 'x.sock');
  expect(await at(path)).toMatchObject({ kind: 'place', path, instance: 'up' });
  writeFileSync(path, 'kept');
  expect(await at(path)).toMatchObject({ kind: 'none', why: expect.stringMatching(/another file is there/) });
  expect(await at(join(root, 'missing', 'x'))).toMatchObject({ why: expect.stringMatching(/its folder is missing/) });
  expect(await at(join(root, 'x'.repeat(107)))).toMatchObject({ why: expect.stringMatching(/longer than the 107/) });
  expect(await choosePlace({ socket: 'off' }, 'up', {}, surroundings)).toMatchObject({ kind: 'none' });
});
