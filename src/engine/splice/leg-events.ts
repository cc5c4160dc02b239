import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from '../../libc/constants.ts';

/** Registered once per leg, edge-triggered: mostly no further epoll_ctl(2). */
export const interest: number = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
/** While nothing is read. Bytes that come are announced with EPOLLPRI as well, and a FIN is no use without them. */
export const withoutInput: number = EPOLLOUT | EPOLLET;
/** Events after which a read brings something: bytes, an end or an error. */
export const readableBy: number = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
