import { IPPROTO_TCP, SO_RCVBUF, SOL_SOCKET, TCP_NOTSENT_LOWAT } from './constants.ts';
import { type Libc, loadLibc } from './libc.ts';

/**
 * Has the kernel queue no more than about so many bytes that the socket `fd` has not sent (TCP_NOTSENT_LOWAT, tcp(7)),
 * and with `both` about twice as many that it has received (SO_RCVBUF, socket(7)).
 */
export type SmallQueues = (fd: number, bytes: number, which: 'unsent' | 'both') => void;

export function smallQueues(libc: Libc): SmallQueues {
  const value = libc.allocate(4);
  return (fd, bytes, which) => {
    value.bytes.writeInt32LE(bytes);
    libc.setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, value.address, 4);
    if (which === 'both') libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, value.address, 4);
  };
}

/** null where koffi does not load. */
export async function findSmallQueues(): Promise<SmallQueues | null> {
  const loaded = await loadLibc();
  return loaded.ok ? smallQueues(loaded.libc) : null;
}
