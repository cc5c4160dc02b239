import type koffi from 'koffi';
import { type Drive, EmbeddedLoop, type Turn } from './embedded-loop.ts';
import { allocateMemory, type Memory } from './memory.ts';
import { driveByWatching } from './watch.ts';

export { type Drive, loopSeat, type Turn } from './embedded-loop.ts';
export type { Memory } from './memory.ts';

/**
 * The system calls that the splice engine needs. Every one returns the result of its manual page, or the negative errno
 * where that is -1; none throws. Pointers are numbers (see `Memory`), 0 is NULL; lengths are bytes.
 * The one interface to foreign functions: node:ffi could stand behind it, too.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: number, length: number): number;
  listen(fd: number, backlog: number): number;
  /** `length` points to a socklen_t. */
  accept4(fd: number, address: number, length: number, flags: number): number;
  connect(fd: number, address: number, length: number): number;
  recv(fd: number, into: number, length: number, flags: number): number;
  send(fd: number, from: number, length: number, flags: number): number;
  /** splice(2) without offsets: one side must be a pipe. */
  splice(from: number, to: number, length: number, flags: number): number;
  shutdown(fd: number, how: number): number;
  close(fd: number): number;
  getsockopt(fd: number, level: number, name: number, value: number, length: number): number;
  setsockopt(fd: number, level: number, name: number, value: number, length: number): number;
  getsockname(fd: number, address: number, length: number): number;
  getpeername(fd: number, address: number, length: number): number;
  /** `fds` points to two ints. */
  pipe2(fds: number, flags: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  ioctl(fd: number, request: number, argument: number): number;
  epollCreate1(flags: number): number;
  epollCtl(epoll: number, operation: number, fd: number, event: number): number;
  epollWait(epoll: number, events: number, most: number, timeout: number): number;
  /** Memory that stays where it is. */
  allocate(length: number): Memory;
  /** Node's loop, to be driven from within: null where that is not possible, or another one does it. */
  findEmbeddedLoop(): Pick<EmbeddedLoop, 'drive'> | null;
  /** Has libuv watch an epoll descriptor. See `driveByWatching`. */
  driveByWatching(epfd: number, turn: Turn): Drive;
}

/** The library, or why it cannot be loaded. */
export type LoadedLibc = { readonly ok: true; readonly libc: Libc } | { readonly ok: false; readonly why: string };

/** Loads koffi, an optional dependency, and looks the functions up in the C library that Node itself uses. */
export async function loadLibc(): Promise<LoadedLibc> {
  if (process.platform !== 'linux') return { ok: false, why: `this is ${process.platform}, not Linux` };
  let ffi: typeof koffi;
  try {
    ffi = (await import('koffi')).default;
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    if (missing) return { ok: false, why: 'the optional package koffi is not installed' };
    return { ok: false, why: `the optional package koffi cannot be loaded: ${textOf(error)}` };
  }
  try {
    return { ok: true, libc: bindLibc(ffi) };
  } catch (error) {
    return { ok: false, why: `the C library cannot be used: ${textOf(error)}` };
  }
}

/** The first line: loaders write whole stacks. */
function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

function bindLibc(ffi: typeof koffi): Libc {
  const own = ffi.load(null);
  // No result is larger than INT_MAX, as no length is.
  const find = (name: string, ...types: string[]): ((...values: number[]) => number) => own.func(name, 'int', types);
  const { errno } = ffi;
  const socket = find('socket', 'int', 'int', 'int');
  const bind = find('bind', 'int', 'intptr_t', 'int');
  const listen = find('listen', 'int', 'int');
  const accept4 = find('accept4', 'int', 'intptr_t', 'intptr_t', 'int');
  const connect = find('connect', 'int', 'intptr_t', 'int');
  const recv = find('recv', 'int', 'intptr_t', 'size_t', 'int');
  const send = find('send', 'int', 'intptr_t', 'size_t', 'int');
  const splice = find('splice', 'int', 'intptr_t', 'int', 'intptr_t', 'size_t', 'int');
  const shutdown = find('shutdown', 'int', 'int');
  const close = find('close', 'int');
  const getsockopt = find('getsockopt', 'int', 'int', 'int', 'intptr_t', 'intptr_t');
  const setsockopt = find('setsockopt', 'int', 'int', 'int', 'intptr_t', 'int');
  const getsockname = find('getsockname', 'int', 'intptr_t', 'intptr_t');
  const getpeername = find('getpeername', 'int', 'intptr_t', 'intptr_t');
  const pipe2 = find('pipe2', 'intptr_t', 'int');
  // Variadic in C; on Linux their arguments travel as those of any function do.
  const fcntl = find('fcntl', 'int', 'int', 'intptr_t');
  const ioctl = find('ioctl', 'int', 'size_t', 'intptr_t');
  const epollCreate1 = find('epoll_create1', 'int');
  const epollCtl = find('epoll_ctl', 'int', 'int', 'int', 'intptr_t');
  const epollWait = find('epoll_wait', 'int', 'intptr_t', 'int', 'int');
  const result = (value: number): number => (value === -1 ? -errno() : value);
  const control: Libc['epollCtl'] = (epoll, operation, fd, event) => result(epollCtl(epoll, operation, fd, event));
  const embedded = EmbeddedLoop.bind(ffi, control);

  const libc: Libc = {
    socket: (domain, type, protocol) => result(socket(domain, type, protocol)),
    bind: (fd, address, length) => result(bind(fd, address, length)),
    listen: (fd, backlog) => result(listen(fd, backlog)),
    accept4: (fd, address, length, flags) => result(accept4(fd, address, length, flags)),
    connect: (fd, address, length) => result(connect(fd, address, length)),
    recv: (fd, into, length, flags) => result(recv(fd, into, length, flags)),
    send: (fd, from, length, flags) => result(send(fd, from, length, flags)),
    splice: (from, to, length, flags) => result(splice(from, 0, to, 0, length, flags)),
    shutdown: (fd, how) => result(shutdown(fd, how)),
    close: (fd) => result(close(fd)),
    getsockopt: (fd, level, name, value, length) => result(getsockopt(fd, level, name, value, length)),
    setsockopt: (fd, level, name, value, length) => result(setsockopt(fd, level, name, value, length)),
    getsockname: (fd, address, length) => result(getsockname(fd, address, length)),
    getpeername: (fd, address, length) => result(getpeername(fd, address, length)),
    pipe2: (fds, flags) => result(pipe2(fds, flags)),
    fcntl: (fd, command, argument) => result(fcntl(fd, command, argument)),
    ioctl: (fd, request, argument) => result(ioctl(fd, request, argument)),
    epollCreate1: (flags) => result(epollCreate1(flags)),
    epollCtl: control,
    epollWait: (epoll, events, most, timeout) => result(epollWait(epoll, events, most, timeout)),
    allocate: (length) => allocateMemory(ffi, length),
    findEmbeddedLoop: () => (embedded?.free ? embedded : null),
    driveByWatching: (epfd, turn) => driveByWatching(ffi, libc, epfd, turn),
  };
  return libc;
}
