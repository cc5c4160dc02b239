import { expect, test } from 'vitest';
import { watchedLoop } from '../../../src/engine/loop.ts';
import { wordsPerEvent } from '../../../src/engine/splice/epoll-set.ts';
import { selfTest } from '../../../src/engine/splice/self-test.ts';
import type { Libc, Memory } from '../../../src/libc/libc.ts';
import { libc } from './splice-fixture.ts';

/** As <sys/epoll.h> and the ABI have it: the offset and alignment of epoll_data_t. */
test.each([
  ['x64', 3],
  ['ia32', 3],
  ['arm', 4],
  ['arm64', 4],
  ['riscv64', 4],
])('an event on %s has %i words', (arch, words) => expect(wordsPerEvent(arch)).toBe(words));

/** A C library where all events but the first are read from the wrong place. */
function misreading(): Libc {
  const allocated = new Map<number, Memory>();
  return {
    ...libc,
    allocate(length) {
      const memory = libc.allocate(length);
      allocated.set(memory.address, memory);
      return memory;
    },
    epollWait(epoll, events, most, timeout) {
      const count = libc.epollWait(epoll, events, most, timeout);
      allocated.get(events)?.bytes.fill(0xff, wordsPerEvent(process.arch) * 4);
      return count;
    },
  };
}

test('the self-test reads two events at once', async () => {
  await selfTest(libc, watchedLoop(libc));
  await expect(selfTest(misreading(), watchedLoop(libc))).rejects.toThrow(
    'epoll_wait(2) returns events in another layout',
  );
});
