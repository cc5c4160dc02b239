import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, vi } from 'vitest';

type Faked = NonNullable<NonNullable<Parameters<typeof vi.useFakeTimers>[0]>['toFake']>;

/**
 * Before each test, timers that pass only when the test says so, and performance.now() with them: vitest's own fake replaces
 * the global `performance`, not the one that a module has imported.
 */
export function useFakeClock(...timers: Faked): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: [...timers, 'Date'] });
    vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
  });
  afterEach(() => {
    vi.mocked(performance.now).mockRestore();
    vi.useRealTimers();
  });
}
