import { openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errnoOf } from '../../src/base/errors.ts';
import { errnoName, SystemError } from '../../src/libc/errno.ts';
import { loadLibc } from '../../src/libc/libc.ts';

describe('errno', () => {
  it.each([
    [11, 'EAGAIN'],
    [24, 'EMFILE'],
    [32, 'EPIPE'],
    [98, 'EADDRINUSE'],
    [104, 'ECONNRESET'],
    [110, 'ETIMEDOUT'],
    [111, 'ECONNREFUSED'],
    [113, 'EHOSTUNREACH'],
  ])('%i has its name, whatever its sign', (number, name) => {
    expect(errnoName(number)).toBe(name);
    expect(errnoName(-number)).toBe(name);
  });

  it('without a name is shown as a number', () => expect(errnoName(-9999)).toBe('errno 9999'));

  it('makes an error of the same shape as one of Node', () => {
    let thrown: unknown;
    try {
      openSync('/no/such/file', 'r');
    } catch (error) {
      thrown = error;
    }
    const ours = new SystemError(2, 'open');
    expect(thrown).toMatchObject({ code: ours.code, errno: ours.errno, syscall: ours.syscall });
    expect(ours).toBeInstanceOf(Error);
    expect(ours).toMatchObject({ name: 'SystemError', message: 'open ENOENT' });
    expect(new SystemError(-2, 'open')).toMatchObject({ errno: -2, code: 'ENOENT' });
    expect(errnoOf(ours)).toBe('ENOENT');
  });

  it('is what a failed call of libc returns, negative', async () => {
    const loaded = await loadLibc();
    if (!loaded.ok) throw new Error(loaded.why);
    expect(errnoName(loaded.libc.shutdown(-1, 0))).toBe('EBADF');
    expect(loaded.libc.shutdown(-1, 0)).toBe(-9);
    expect(loaded.libc.socket(-1, 1, 0)).toBe(-97);
    // A call that succeeds does not return the error of an earlier one.
    const fd = loaded.libc.socket(2, 1, 0);
    expect(fd).toBeGreaterThan(2);
    expect(loaded.libc.close(fd)).toBe(0);
  });
});
