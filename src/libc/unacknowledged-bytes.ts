import { AF_INET, SIOCOUTQ, SOCK_NONBLOCK_CLOEXEC, SOCK_STREAM } from './constants.ts';
import { type Libc, loadLibc } from './libc.ts';
import { keepUntilHere } from './memory.ts';

/**
 * Bytes written to the socket `fd` that its peer has not acknowledged; a FIN counts as one. 0 where the kernel does not
 * report them. After a reset it still reports what was left.
 */
export type UnacknowledgedBytes = (fd: number) => number;

/** By SIOCOUTQ (tcp(7)). */
export function unacknowledgedBytes(libc: Libc): UnacknowledgedBytes {
  const answer = libc.allocate(4);
  const words = new Int32Array(answer.bytes.buffer, answer.bytes.byteOffset, 1);
  // The function returned holds `words`, which are the same memory, and reads them after the call.
  return (fd) => (libc.ioctl(fd, SIOCOUTQ, answer.address) < 0 ? 0 : (words[0] ?? 0));
}

/** null where koffi does not load, or the kernel does not report them (a seccomp filter, another system). */
export async function findUnacknowledgedBytes(): Promise<UnacknowledgedBytes | null> {
  const loaded = await loadLibc();
  if (!loaded.ok) return null;
  const { libc } = loaded;
  const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) return null;
  const answer = libc.allocate(4);
  const result = libc.ioctl(fd, SIOCOUTQ, answer.address);
  keepUntilHere(answer);
  libc.close(fd);
  return result < 0 ? null : unacknowledgedBytes(libc);
}
