import { describe, expect, it } from 'vitest';
import { findSplice } from '../../src/engine/find-splice.ts';
import type { Libc, LoadedLibc } from '../../src/libc/libc.ts';
import { EMFILE, libc, openSockets } from './splice/splice-fixture.ts';

const ENOSYS = -38;
const EPERM = -1;

const loading =
  (over: Libc): (() => Promise<LoadedLibc>) =>
  async () => ({ ok: true, libc: over });

/** The self-test's bytes, changed on their way. */
const recvOther: Libc['recv'] = (fd, into, length, flags) => {
  const result = libc.recv(fd, into, length, flags);
  return result < 1 ? result : libc.recv(fd, into, length, flags) || result;
};

describe('finding the splice engine', () => {
  it.each(['auto', 'splice'] as const)(
    'finds it here, where %s is wanted, and leaves no descriptor',
    async (wanted) => {
      const before = openSockets();
      for (let round = 0; round < 5; round += 1) expect(await findSplice(wanted)).toEqual({ usable: true });
      expect(openSockets()).toBeLessThanOrEqual(before);
    },
  );

  it('loads nothing where stream is wanted', async () => {
    const load = (): never => {
      throw new Error('loaded');
    };
    expect(await findSplice('stream', load)).toEqual({ usable: false, why: 'it was not looked for' });
  });

  it('returns why there is no library', async () => {
    const found = await findSplice('auto', async () => ({ ok: false, why: 'this is plan9, not Linux' }));
    expect(found).toEqual({ usable: false, why: 'this is plan9, not Linux' });
  });

  it.each<[string, Partial<Libc>, string]>([
    ['epoll_create1', { epollCreate1: () => EMFILE }, 'epoll_create1 EMFILE'],
    ['epoll_ctl', { epollCtl: () => EPERM }, 'epoll_ctl(2) fails'],
    ['epoll_wait', { epollWait: () => 0 }, 'epoll(7) does not wake the loop'],
    ['socket', { socket: () => EMFILE }, 'socket EMFILE'],
    ['bind', { bind: () => EPERM }, 'bind EPERM'],
    ['listen', { listen: () => EPERM }, 'listen EPERM'],
    ['connect', { connect: () => EPERM }, 'connect EPERM'],
    ['accept4', { accept4: () => ENOSYS }, 'accept4 ENOSYS'],
    ['send', { send: () => EPERM }, 'send EPERM'],
    ['pipe2', { pipe2: () => EMFILE }, 'pipe2(2) gives no pipe'],
    ['splice', { splice: () => ENOSYS }, 'splice ENOSYS'],
    ['recv', { recv: () => EPERM }, 'recv EPERM'],
    ['recv (other bytes)', { recv: recvOther }, ''],
  ])('reports that %s does not work, and leaves no descriptor', async (_, broken, why) => {
    const before = openSockets();
    const found = await findSplice('auto', loading({ ...libc, ...broken }));
    expect(found).toMatchObject({ usable: false });
    expect(found.usable ? '' : found.why).toContain(`its self-test failed: ${why}`);
    expect(openSockets()).toBe(before);
  });

  it('reports that the loop cannot watch, and leaves no descriptor', async () => {
    const driveByWatching = (): never => {
      throw new Error('uv_poll_init: EPERM');
    };
    const before = openSockets();
    const found = await findSplice('splice', loading({ ...libc, findEmbeddedLoop: () => null, driveByWatching }));
    expect(found).toEqual({ usable: false, why: 'its self-test failed: uv_poll_init: EPERM' });
    expect(openSockets()).toBe(before);
  });
});
