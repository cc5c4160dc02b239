import { chmodSync, existsSync, mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { choosePlace, findInstances } from '../../src/admin/socket-place.ts';
import { liveSocket, rootsIn, shortFolder } from './socket-fixture.ts';

const auto = { socket: 'auto' } as const;

/** What a process that was killed leaves behind. */
async function staleSocket(path: string): Promise<void> {
  const server = await liveSocket(`${path}~`);
  // libuv removes the path that it has bound.
  renameSync(`${path}~`, path);
  await new Promise((resolve) => server.close(resolve));
}

test('the first folder that is there and fit: RUNTIME_DIRECTORY, /run/floatgate, XDG_RUNTIME_DIR, /tmp', async () => {
  const folder = shortFolder();
  const roots = rootsIn(folder);
  const environment = { RUNTIME_DIRECTORY: join(folder, 'unit'), XDG_RUNTIME_DIR: join(folder, 'user') };
  const place = async () => await choosePlace(auto, 'up', environment, roots);
  const at = (path: string) => ({ kind: 'place', path: join(folder, path), instance: 'up' });
  const own = `floatgate-${roots.uid}`;
  expect(await place()).toEqual(at(`${own}/up.sock`));
  expect(statSync(join(folder, own)).mode & 0o7777).toBe(0o700);
  mkdirSync(join(folder, 'user'), { mode: 0o700 });
  expect(await place()).toEqual(at('user/floatgate/up.sock'));
  expect(statSync(join(folder, 'user/floatgate')).mode & 0o7777).toBe(0o700);
  mkdirSync(roots.run, { mode: 0o755 });
  expect(await place()).toEqual(at('run/up.sock'));
  mkdirSync(join(folder, 'unit'), { mode: 0o755 });
  expect(await place()).toEqual(at('unit/up.sock'));
  expect(await choosePlace(auto, 'up', { RUNTIME_DIRECTORY: `${folder}/unit:${folder}/b` }, roots)).toEqual(
    at('unit/up.sock'),
  );
});

test('folders that others may write to, links and files are not used, and the reasons are given', async () => {
  const folder = shortFolder();
  const roots = rootsIn(folder);
  mkdirSync(roots.run);
  chmodSync(roots.run, 0o770);
  const session = join(folder, 'user');
  mkdirSync(session);
  chmodSync(session, 0o777);
  const own = join(folder, `floatgate-${roots.uid}`);
  const place = async () => await choosePlace(auto, 'up', { XDG_RUNTIME_DIR: session }, roots);
  const why = (last: string) => {
    const first = `there is no folder for it: ${roots.run} may be written to by others`;
    const second = `${session}/floatgate lies in a folder that is not this user's alone`;
    return { kind: 'none', why: `${first}, ${second}, ${own} ${last}` };
  };
  writeFileSync(own, '');
  expect(await place()).toEqual(why('is no folder'));
  renameSync(own, `${own}-file`);
  mkdirSync(`${own}-folder`, { mode: 0o700 });
  symlinkSync(`${own}-folder`, own);
  expect(await place()).toEqual(why('is no folder'));
  renameSync(own, `${own}-link`);
  mkdirSync(own);
  chmodSync(own, 0o750);
  expect(await place()).toEqual(why('has mode 0750, not 0700'));
});

test('folders of other users are not used, and none is made in what belongs to them', async () => {
  const folder = shortFolder();
  const roots = rootsIn(folder, 4242);
  const self = statSync(folder).uid;
  mkdirSync(join(folder, 'user'), { mode: 0o700 });
  mkdirSync(join(folder, 'floatgate-4242'), { mode: 0o700 });
  const { why } = { why: '', ...(await choosePlace(auto, 'up', { XDG_RUNTIME_DIR: join(folder, 'user') }, roots)) };
  expect(why).toContain(`${folder}/user/floatgate lies in a folder that is not this user's alone`);
  expect(why).toContain(`${folder}/floatgate-4242 belongs to user ${self}`);
  expect(existsSync(join(folder, 'user/floatgate'))).toBe(false);
  // A fake gateway that another user has put there is not talked to either.
  await liveSocket(join(folder, 'floatgate-4242/up.sock'));
  expect(await findInstances({}, roots)).toEqual([]);
});

test('the name: the command, with a number where a gateway runs; a stale socket is replaced', async () => {
  const folder = shortFolder();
  const roots = rootsIn(folder);
  const place = async (planned = {}) => await choosePlace({ ...auto, ...planned }, 'up', {}, roots);
  const own = join(folder, `floatgate-${roots.uid}`);
  mkdirSync(own, { mode: 0o700 });
  await staleSocket(join(own, 'up.sock'));
  expect(existsSync(join(own, 'up.sock'))).toBe(true);
  expect(await place()).toEqual({ kind: 'place', path: join(own, 'up.sock'), instance: 'up' });
  expect(existsSync(join(own, 'up.sock'))).toBe(false);

  await liveSocket(join(own, 'up.sock'));
  writeFileSync(join(own, 'up-2.sock'), 'no socket, and not ours to remove');
  await staleSocket(join(own, 'up-3.sock'));
  expect(await place()).toMatchObject({ instance: 'up-3' });
  expect(await place({ instance: 'blue' })).toEqual({
    kind: 'place',
    path: join(own, 'blue.sock'),
    instance: 'blue',
  });
  const why = 'a gateway named up runs already; give this one another name';
  expect(await place({ instance: 'up' })).toEqual({ kind: 'none', why });
  expect(await findInstances({}, roots)).toEqual([{ name: 'up', path: join(own, 'up.sock') }]);
});

test('gateways in other folders are found, and their names are taken', async () => {
  const folder = shortFolder();
  const roots = rootsIn(folder);
  mkdirSync(roots.run);
  mkdirSync(join(folder, 'unit'));
  const environment = { RUNTIME_DIRECTORY: join(folder, 'unit') };
  await liveSocket(join(roots.run, 'up.sock'));
  await liveSocket(join(folder, 'unit/blue.sock'));
  expect(await findInstances(environment, roots)).toEqual([
    { name: 'blue', path: join(folder, 'unit/blue.sock') },
    { name: 'up', path: join(roots.run, 'up.sock') },
  ]);
  expect(await choosePlace(auto, 'up', environment, roots)).toMatchObject({ instance: 'up-2' });
});

test('an explicit path is used as it is, where nothing but a stale socket is in the way', async () => {
  const folder = shortFolder();
  const path = join(folder, 'control');
  const place = async (socket: string) => await choosePlace({ socket: { path: socket } }, 'forward', {});
  expect(await place(path)).toEqual({ kind: 'place', path, instance: 'forward' });
  await staleSocket(path);
  expect(await place(path)).toMatchObject({ kind: 'place' });
  expect(existsSync(path)).toBe(false);
  await liveSocket(path);
  const inUse = (what: string) => `${what} is in use, by a gateway that runs or as a file; name another path`;
  expect(await place(path)).toEqual({ kind: 'none', why: inUse(path) });
  writeFileSync(join(folder, 'file'), '');
  expect(await place(join(folder, 'file'))).toEqual({ kind: 'none', why: inUse(join(folder, 'file')) });
  expect(await place(join(folder, 'none/control'))).toMatchObject({ why: expect.stringContaining('ENOENT') });
  const long = join(folder, 'x'.repeat(108 - folder.length - 1));
  const limit = 'the path of a socket has 107 bytes at most, and 97 of them for its folder; name a shorter one';
  expect(await place(long)).toEqual({ kind: 'none', why: `${long} is too long: ${limit}` });
  expect(await place(long.slice(0, -1))).toMatchObject({ kind: 'place' });
});

test('a socket that is switched off; variables that name no absolute path are passed over', async () => {
  expect(await choosePlace({ socket: 'off' }, 'up', {})).toEqual({ kind: 'none', why: 'it is switched off' });
  const roots = { ...rootsIn(shortFolder()), run: 'relative' };
  expect(await choosePlace(auto, 'up', { XDG_RUNTIME_DIR: 'relative', RUNTIME_DIRECTORY: '' }, roots)).toMatchObject({
    path: join(roots.temporary, `floatgate-${roots.uid}`, 'up.sock'),
  });
});
