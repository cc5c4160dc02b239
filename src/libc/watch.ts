import type koffi from 'koffi';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD } from './constants.ts';
import { SystemError } from './errno.ts';
import { keepUntilHere, type Memory } from './memory.ts';

/** Keep a reference to it until it is closed: where it is collected before, watching ends in silence. */
export interface Watch {
  close(): void;
}

/** System calls, and memory for them. */
interface Calls {
  allocate(length: number): Memory;
  epollCreate1(flags: number): number;
  epollCtl(epoll: number, operation: number, fd: number, event: number): number;
  close(fd: number): number;
}

/** By koffi's `node.poll`, which ends the process where the loop refuses the descriptor (3.3.4): it is tried before. */
export function watchReadable(ffi: typeof koffi, calls: Calls, fd: number, readable: () => void): Watch {
  const epoll = calls.epollCreate1(EPOLL_CLOEXEC);
  if (epoll < 0) throw new SystemError(epoll, 'epoll_create1');
  const event = calls.allocate(eventSize);
  // No events are asked for: what was in that memory before must not ask for any.
  event.bytes.fill(0);
  const refused = calls.epollCtl(epoll, EPOLL_CTL_ADD, fd, event.address);
  keepUntilHere(event);
  calls.close(epoll);
  if (refused < 0) throw new SystemError(refused, 'epoll_ctl');
  return ffi.node.poll(fd, { readable: true }, readable);
}

/** struct epoll_event (epoll_ctl(2)) has 12 bytes or 16: enough for both. */
const eventSize = 16;
