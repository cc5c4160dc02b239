import { afterEach, expect, it, vi } from 'vitest';
import { lookupsAtOnce } from '../../src/base/thread-pool.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

it.each([
  [undefined, 2],
  ['65', 33],
  ['64', 32],
  ['1', 1],
  ['0', 1],
  ['many', 1],
  ['5000', 512],
])('UV_THREADPOOL_SIZE %s: %i lookups at once', (size, lookups) => {
  vi.stubEnv('UV_THREADPOOL_SIZE', size);
  expect(lookupsAtOnce()).toBe(lookups);
});
