import { EPOLL_CTL_ADD, EPOLLOUT } from '../../libc/constants.ts';
import { SystemError } from '../../libc/errno.ts';
import type { Libc } from '../../libc/libc.ts';
import { EpollSet } from './epoll-set.ts';

/**
 * Reads two events of one epoll_wait(2). Where struct epoll_event has another size than is assumed, the second one is
 * wrong. `fds`: two connected sockets, which are writable. Throws what does not work.
 */
export function testTwoEvents(libc: Libc, fds: readonly [number, number]): void {
  const epoll = new EpollSet(libc, fds.length);
  try {
    fds.forEach((fd, index) => {
      const result = epoll.control(EPOLL_CTL_ADD, fd, EPOLLOUT, seats[index] ?? 0, generations[index] ?? 0);
      if (result < 0) throw new SystemError(result, 'epoll_ctl');
    });
    const count = epoll.wait(0);
    const seen = Array.from({ length: count }, (_, index) => {
      return `${epoll.eventsOf(index)} ${epoll.seatOf(index)} ${epoll.generationOf(index)}`;
    });
    const expected = fds.map((_, index) => `${EPOLLOUT} ${seats[index]} ${generations[index]}`);
    if (seen.toSorted().join() !== expected.join()) throw new Error('epoll_wait(2) returns events in another layout');
  } finally {
    epoll.close();
  }
}

/** All bits of both halves of the data matter. */
const seats = [0x1234_5678, 0x2345_6789];
const generations = [0x3456_789a, 0x4567_89ab];
