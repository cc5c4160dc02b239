import { expect, onTestFinished, test } from 'vitest';
import {
  AF_INET,
  IPPROTO_TCP,
  SO_RCVBUF,
  SOCK_NONBLOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NOTSENT_LOWAT,
} from '../../src/libc/constants.ts';
import { loadLibc } from '../../src/libc/libc.ts';
import { smallQueues } from '../../src/libc/small-queues.ts';

const loaded = await loadLibc();
if (!loaded.ok) throw new Error(loaded.why);
const { libc } = loaded;

test('bounds what is not sent and, where meant, what is received, which the kernel doubles', () => {
  const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0);
  onTestFinished(() => void libc.close(fd));
  const memory = libc.allocate(8);
  const option = (level: number, name: number): number => {
    memory.bytes.writeInt32LE(4, 4);
    expect(libc.getsockopt(fd, level, name, memory.address, memory.address + 4)).toBe(0);
    return memory.bytes.readInt32LE(0);
  };
  const before = option(SOL_SOCKET, SO_RCVBUF);
  const small = smallQueues(libc);
  small(fd, 16_384, 'unsent');
  expect([option(IPPROTO_TCP, TCP_NOTSENT_LOWAT), option(SOL_SOCKET, SO_RCVBUF)]).toEqual([16_384, before]);
  small(fd, 8192, 'both');
  expect([option(IPPROTO_TCP, TCP_NOTSENT_LOWAT), option(SOL_SOCKET, SO_RCVBUF)]).toEqual([8192, 16_384]);
});
