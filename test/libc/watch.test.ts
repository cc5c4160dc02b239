import { expect, onTestFinished, test } from 'vitest';
import { AF_INET, SOCK_NONBLOCK_CLOEXEC, SOCK_STREAM } from '../../src/libc/constants.ts';
import { loadLibc } from '../../src/libc/libc.ts';
import { lastKept, type Memory } from '../../src/libc/memory.ts';
import { findUnacknowledgedBytes } from '../../src/libc/unacknowledged-bytes.ts';
import { driveByWatching } from '../../src/libc/watch.ts';

const loaded = await loadLibc();
if (!loaded.ok) throw new Error(loaded.why);
const { libc } = loaded;
const koffi = (await import('koffi')).default;
const idle = { fetch: () => 0, handle: () => 'handled' as const };

// koffi 3.3.4 would end the process.
test('watching fails where the loop cannot watch a descriptor', () => {
  expect(() => libc.driveByWatching(9_999, idle)).toThrow(/^epoll_ctl EBADF$/);
});

test('watching passes zeroes, from memory that outlives the call', () => {
  const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0);
  onTestFinished(() => void libc.close(fd));
  let event: Memory | undefined;
  const passed: string[] = [];
  const calls = {
    ...libc,
    allocate(length: number): Memory {
      event = libc.allocate(length);
      event.bytes.fill(0xff);
      return event;
    },
    epollCtl(epoll: number, operation: number, watched: number, address: number): number {
      passed.push(event?.bytes.toString('hex') ?? '');
      return libc.epollCtl(epoll, operation, watched, address);
    },
  };
  driveByWatching(koffi, calls, fd, idle).close();
  expect(passed).toEqual(['00'.repeat(16)]);
  expect(lastKept.memory).toBe(event);
});

test('looking for SIOCOUTQ keeps its memory until the call has returned', async () => {
  lastKept.memory = libc.allocate(1);
  const unacknowledged = await findUnacknowledgedBytes();
  expect(unacknowledged).not.toBeNull();
  expect(lastKept.memory.bytes.length).toBe(4);
  expect(unacknowledged?.(-1)).toBe(0);
});
