import { afterEach, expect, it, vi } from 'vitest';
import { choosePoolSize, lookupsAtOnce } from '../../src/base/thread-pool.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const unlimited = { left: Number.POSITIVE_INFINITY, limit: '' };
const room = (left: number) => ({ left, limit: 'the limit of tests' });

it.each([
  ['nothing given', undefined, unlimited, 65],
  ['an empty variable', '', unlimited, 65],
  ["the user's size", '10', unlimited, 10],
  ["the user's size, below the default", '2', unlimited, 2],
  ['just room enough', undefined, room(81), 65],
  ['one too few', undefined, room(80), 4],
  ['room for the default alone', undefined, room(4), 4],
  ['less than that', undefined, room(3), 3],
  ['one thread', undefined, room(1), 1],
  ["the user's size fits to the last thread", '128', room(128), 128],
  ["the user's size does not fit", '128', room(127), 4],
  ["the user's size, and fewer than the default left", '2', room(1), 1],
  ['as libuv reads nonsense: 1', 'many', unlimited, 1],
  ['as libuv reads 0: 1', '0', unlimited, 1],
  ['as libuv reads its bound', '5000', unlimited, 1_024],
  ['as libuv reads a negative one', '-1', unlimited, 1_024],
])('sizes the pool: %s', (_, given, left, size) => {
  expect(choosePoolSize(given, left).size).toBe(size);
});

it('reports why the pool is smaller than wanted, and what to do', () => {
  expect(choosePoolSize(undefined, room(80)).note).toBe(
    'Names are looked up 2 at a time, so that a silent name server delays others: ' +
      'the limit of tests leaves 80 threads, and 65 and 16 to spare are wanted; raise that limit',
  );
  expect(choosePoolSize('9', room(1)).note).toBe(
    'Names are looked up 1 at a time, so that a silent name server delays others: ' +
      'the limit of tests leaves 1 thread, and 9 are asked for (UV_THREADPOOL_SIZE); raise that limit',
  );
  expect(choosePoolSize(undefined, unlimited)).not.toHaveProperty('note');
});

it('refuses to start where not one thread is left, as libuv would abort', () => {
  expect(choosePoolSize(undefined, room(-3))).toEqual({
    size: 0,
    note: 'Cannot start: the limit of tests leaves 0 threads, and at least 1 is needed; raise that limit',
  });
});

it.each([
  [undefined, 2],
  ['', 2],
  ['65', 33],
  ['64', 32],
  ['4', 2],
  ['1', 1],
])('half of %s threads, rounded up, do lookups', (size, lookups) => {
  vi.stubEnv('UV_THREADPOOL_SIZE', size);
  expect(lookupsAtOnce()).toBe(lookups);
});
