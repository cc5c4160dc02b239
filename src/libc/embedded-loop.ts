import { isMainThread } from 'node:worker_threads';
import type koffi from 'koffi';
import { EPOLL_CTL_ADD, EPOLLIN } from './constants.ts';
import { SystemError } from './errno.ts';
import { allocateMemory, keepUntilHere, type Memory } from './memory.ts';
import { findMicrotasks } from './microtasks.ts';

/** What a loop calls when an epoll descriptor has something to report. Neither method may throw. */
export interface Turn {
  /** Fetches events, and waits for the first up to `timeout` milliseconds, -1 for ever. Returns their number. */
  fetch(timeout: number): number;
  /** Handles the events that were fetched. Returns whether `loopSeat` was among them. */
  handle(count: number): 'loop is ready' | 'handled';
}

/** An epoll descriptor that a loop drives. */
export interface Drive {
  /** Ends it. The epoll descriptor stays open. May be called twice. */
  close(): void;
}

/** The data of the loop's own event in the epoll descriptor: both words of 32 bits. */
export const loopSeat = -1;

/** enum uv_handle_type (<uv.h>). */
const UV_IDLE = 6;
const UV_PREPARE = 9;
/** Polls in a row until libuv has a turn in any case: unref'd immediates do not show in its time-out. */
const mostPolls = 64;

/**
 * Node's loop with another poll phase: it waits in the epoll descriptor of `drive`, and libuv's own descriptor is a
 * member of that. A wake-up costs one system call, and no callback through koffi.
 *
 *     libuv's loop -> fetch -> handle -> fetch ... -> the rest of libuv's turn, where libuv has something to do
 *
 * This is how libuv is embedded in other loops (uv_backend_fd, https://docs.libuv.org/en/v1.x/loop.html), from within:
 * a prepare handle polls, and an idle handle keeps libuv from waiting once more.
 *
 * Two effects elsewhere: unref'd immediates (Node's performance entries) wait for libuv's next turn, and
 * performance.eventLoopUtilization() is always 1.
 */
export class EmbeddedLoop {
  /** The loop that polls now, one a process. So this module must not be loaded twice. */
  private static owner: EmbeddedLoop | null = null;
  /** Memory that libuv uses: it must neither be collected nor move. */
  private static readonly handles = new Set<Memory>();
  private readonly ffi: typeof koffi;
  private readonly epollCtl: EpollCtl;
  private readonly uv: Libuv;
  private readonly runMicrotasks = findMicrotasks();

  private constructor(ffi: typeof koffi, epollCtl: EpollCtl, uv: Libuv) {
    this.ffi = ffi;
    this.epollCtl = epollCtl;
    this.uv = uv;
  }

  /** Returns null in a worker thread, and where Node does not export libuv's functions. */
  static bind(ffi: typeof koffi, epollCtl: EpollCtl): EmbeddedLoop | null {
    const uv = isMainThread ? bindLibuv(ffi) : null;
    return uv === null ? null : new EmbeddedLoop(ffi, epollCtl, uv);
  }

  /** Whether no engine polls now. */
  get free(): boolean {
    return EmbeddedLoop.owner === null;
  }

  /** Polls in `epfd` until the drive is closed. Throws a SystemError, or an Error where another engine polls. */
  drive(epfd: number, turn: Turn): Drive {
    const { ffi, uv } = this;
    if (EmbeddedLoop.owner !== null) throw new Error('Cannot poll for the event loop: another engine does');
    const loop = uv.defaultLoop();
    this.watchLibuv(epfd, uv.backendFd(loop));
    EmbeddedLoop.owner = this;
    const prepare = allocateMemory(ffi, uv.handleSize(UV_PREPARE));
    const idle = allocateMemory(ffi, uv.handleSize(UV_IDLE));
    let state: 'open' | 'closed' = 'open';
    const poll = (): void => {
      for (let polls = 0; polls < mostPolls; polls += 1) {
        // The time-out counts from the clock of the loop, which stands still until it is updated. Timers count from it.
        uv.updateTime(loop);
        const timeout = uv.backendTimeout(loop);
        const count = turn.fetch(timeout);
        if (timeout !== 0) uv.updateTime(loop);
        const handled = turn.handle(count);
        this.runMicrotasks();
        if (timeout === 0 || handled === 'loop is ready' || state === 'closed') return;
      }
    };
    const callback = ffi.register(() => {
      // An active idle handle makes every time-out 0.
      uv.idleStop(idle.address);
      try {
        poll();
      } catch (error) {
        // koffi would keep it, and not call again.
        setImmediate(() => {
          throw error;
        });
      }
      if (state === 'open') uv.idleStart(idle.address, uv.nothing);
    }, uv.callback);
    // None of these can fail, nor can idle's start and stop.
    uv.prepareInit(loop, prepare.address);
    uv.idleInit(loop, idle.address);
    uv.prepareStart(prepare.address, callback);
    EmbeddedLoop.handles.add(prepare).add(idle);
    return {
      close() {
        if (state === 'closed') return;
        state = 'closed';
        EmbeddedLoop.owner = null;
        uv.close(prepare.address, 0);
        uv.close(idle.address, 0);
        // It may be calling back just now.
        onceClosed(() => {
          EmbeddedLoop.handles.delete(prepare);
          EmbeddedLoop.handles.delete(idle);
          ffi.unregister(callback);
        });
      },
    };
  }

  private watchLibuv(epfd: number, backendFd: number): void {
    const event = allocateMemory(this.ffi, eventSize);
    // The data lies behind the events, at once or 4 bytes later: whatever the layout, it is all ones.
    event.bytes.fill(0xff);
    new Int32Array(event.bytes.buffer, event.bytes.byteOffset, 1)[0] = EPOLLIN;
    const refused = this.epollCtl(epfd, EPOLL_CTL_ADD, backendFd, event.address);
    keepUntilHere(event);
    if (refused < 0) throw new SystemError(refused, 'epoll_ctl');
  }
}

/** libuv lets go of a handle at the end of this turn of the loop, after its immediates; the next turn's come later. */
function onceClosed(done: () => void): void {
  setImmediate(() => setImmediate(done));
}

/** struct epoll_event (epoll_ctl(2)) has 12 bytes or 16: enough for both. */
export const eventSize = 16;

/** epoll_ctl(2): 0, or a negative errno. */
type EpollCtl = (epoll: number, operation: number, fd: number, event: number) => number;

type Libuv = NonNullable<ReturnType<typeof bindLibuv>>;

/** libuv's functions, which Node exports for addons; null where it does not. */
function bindLibuv(ffi: typeof koffi) {
  const own = ffi.load(null);
  // uv_prepare_cb has an argument, which is not needed.
  const callback = ffi.pointer(ffi.proto('void', []));
  try {
    return {
      callback,
      defaultLoop: own.func('uv_default_loop', 'intptr_t', []) as () => number,
      handleSize: own.func('uv_handle_size', 'int', ['int']) as (type: number) => number,
      prepareInit: own.func('uv_prepare_init', 'int', ['intptr_t', 'intptr_t']) as Init,
      prepareStart: own.func('uv_prepare_start', 'int', ['intptr_t', 'void *']) as Start,
      idleInit: own.func('uv_idle_init', 'int', ['intptr_t', 'intptr_t']) as Init,
      idleStart: own.func('uv_idle_start', 'int', ['intptr_t', 'void *']) as Start,
      idleStop: own.func('uv_idle_stop', 'int', ['intptr_t']) as (handle: number) => number,
      /** As idle callback: it takes a handle, has no effect, and is not JavaScript. */
      nothing: own.symbol('uv_handle_get_type') as bigint,
      backendFd: own.func('uv_backend_fd', 'int', ['intptr_t']) as (loop: number) => number,
      backendTimeout: own.func('uv_backend_timeout', 'int', ['intptr_t']) as (loop: number) => number,
      updateTime: own.func('uv_update_time', 'void', ['intptr_t']) as (loop: number) => void,
      close: own.func('uv_close', 'void', ['intptr_t', 'intptr_t']) as (handle: number, callback: number) => void,
    };
  } catch {
    return null;
  }
}

type Init = (loop: number, handle: number) => number;
type Start = (handle: number, callback: bigint) => number;
