import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Pipe, PipePool } from '../../../src/engine/splice/pipe-pool.ts';
import { F_GETPIPE_SZ, F_SETPIPE_SZ } from '../../../src/libc/constants.ts';
import type { Libc } from '../../../src/libc/libc.ts';
import { mib } from '../../contract/engine-under-test.ts';
import { counted, EMFILE, libc, openSockets } from './splice-fixture.ts';

const EPERM = 1;

/** As for a user whose budget of pages in pipes is used up: the kernel gives so many bytes and no more. */
const granting = (size: number): Libc => ({
  ...libc,
  fcntl: (fd, command, argument) => {
    if (command === F_SETPIPE_SZ) return -EPERM;
    return command === F_GETPIPE_SZ ? size : libc.fcntl(fd, command, argument);
  },
});

const take = (pool: PipePool): Pipe => {
  const pipe = pool.take();
  if (pipe === null) throw new Error('no pipe');
  return pipe;
};

let before = 0;
beforeEach(() => {
  before = openSockets();
});
afterEach(() => {
  vi.useRealTimers();
  expect(openSockets()).toBeLessThanOrEqual(before);
});

describe('the pipe pool', () => {
  it('gives pipes of the size that the kernel really has', () => {
    const pool = new PipePool(libc, 1);
    const pipe = take(pool);
    expect(pipe.size).toBe(libc.fcntl(pipe.readEnd, F_GETPIPE_SZ, 0));
    expect(pipe.size).toBeLessThanOrEqual(mib);
    pool.discard(pipe);
  });

  it('may make more or fewer from some time on: those in use stay until they are given back', () => {
    const pool = new PipePool(libc, 1);
    const first = take(pool);
    pool.update(3);
    const [second, third] = [take(pool), take(pool)];
    pool.give(third);
    const open = openSockets();
    pool.update(1);
    expect(openSockets()).toBe(open - 2);
    expect(pool.take()).toBeNull();
    pool.give(second);
    expect([openSockets(), pool.take()]).toEqual([open - 4, null]);
    pool.give(first);
    expect(pool.take()).toBe(first);
    pool.discard(first);
  });

  it('makes no more than it may, and gives the same ones again', () => {
    const pool = new PipePool(libc, 2);
    const pipes = [take(pool), take(pool)];
    expect(pool.take()).toBeNull();
    const [first, second] = pipes;
    if (first === undefined || second === undefined) throw new Error('there are two');
    pool.give(first);
    expect(pool.take()).toBe(first);
    pool.discard(second);
    const third = take(pool);
    expect(pool.take()).toBeNull();
    pool.give(first);
    pool.give(third);
    pool.close();
    pool.close();
  });

  it('takes a pipe that is smaller than requested', () => {
    const pool = new PipePool(granting(64 * 1024), 1);
    const pipe = take(pool);
    expect(pipe.size).toBe(64 * 1024);
    pool.discard(pipe);
  });

  it.each<[string, Libc]>([
    ['two pages', granting(8192)],
    ['not a descriptor', { ...libc, pipe2: () => EMFILE }],
  ])('gives none where the kernel has %s to spare, and does not try again within a second', (_, poor) => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { libc: counting, count } = counted(poor);
    const pool = new PipePool(counting, 8);
    vi.advanceTimersByTime(5_000);
    for (let round = 0; round < 100; round += 1) expect(pool.take()).toBeNull();
    expect(count('pipe2')).toBe(1);
    vi.advanceTimersByTime(1_001);
    expect(pool.take()).toBeNull();
    expect(count('pipe2')).toBe(2);
  });

  it('has pipes again once the kernel has', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const kernel = { ...granting(8192) };
    const pool = new PipePool(kernel, 1);
    vi.advanceTimersByTime(5_000);
    expect(pool.take()).toBeNull();
    kernel.fcntl = libc.fcntl;
    expect(pool.take()).toBeNull();
    vi.advanceTimersByTime(1_001);
    pool.discard(take(pool));
    // Nothing is wrong any more: the next one is made at once.
    pool.discard(take(pool));
  });
});
