import type koffi from 'koffi';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD } from './constants.ts';
import { type Drive, eventSize, type Turn } from './embedded-loop.ts';
import { SystemError } from './errno.ts';
import { keepUntilHere, type Memory } from './memory.ts';
import { findMicrotasks } from './microtasks.ts';

/** System calls, and memory for them. */
interface Calls {
  allocate(length: number): Memory;
  epollCreate1(flags: number): number;
  epollCtl(epoll: number, operation: number, fd: number, event: number): number;
  close(fd: number): number;
}

/**
 * Has libuv watch an epoll descriptor by koffi's `node.poll`, in the loop of this thread. Several may be watched, but
 * each wake-up costs a callback through koffi and a system call more than in an `EmbeddedLoop`.
 *
 * Keep a reference to the drive until it is closed: koffi stops watching when it is collected. Throws a SystemError
 * where the loop cannot watch the descriptor.
 */
export function driveByWatching(ffi: typeof koffi, calls: Calls, epfd: number, turn: Turn): Drive {
  tryToWatch(calls, epfd);
  const runMicrotasks = findMicrotasks();
  return ffi.node.poll(epfd, { readable: true }, () => {
    turn.handle(turn.fetch(0));
    runMicrotasks();
  });
}

/** koffi 3.3.4 ends the process where the loop refuses a descriptor. */
function tryToWatch(calls: Calls, fd: number): void {
  const epoll = calls.epollCreate1(EPOLL_CLOEXEC);
  if (epoll < 0) throw new SystemError(epoll, 'epoll_create1');
  const event = calls.allocate(eventSize);
  // No events are wanted, whatever was in that memory before.
  event.bytes.fill(0);
  const refused = calls.epollCtl(epoll, EPOLL_CTL_ADD, fd, event.address);
  keepUntilHere(event);
  calls.close(epoll);
  if (refused < 0) throw new SystemError(refused, 'epoll_ctl');
}
