import { isMainThread } from 'node:worker_threads';
import type koffi from 'koffi';
import { allocateMemory, type Memory } from './memory.ts';

/** Node's loop, for which somebody waits in libuv's place. */
export interface LoopWait {
  /** Readable while something is ready that libuv watches (uv_backend_fd). It stays libuv's. */
  readonly fd: number;
  /** How long may be waited, as epoll_wait(2) has it: milliseconds, -1 for ever, 0 where the loop has to go on. */
  timeout(): number;
  /** To be said after each wait: the loop's clock, which `timeout` reckons by, has stood still. */
  waited(): void;
  /** libuv waits again. May be called twice. */
  close(): void;
}

/**
 * Calls `wait` in each turn of the loop, right before libuv looks for what is ready: `wait` waits in its place, until
 * `fd` is readable or the time-out is over, and does meanwhile what it likes. null where that cannot be, or somebody
 * waits already.
 */
export type WaitForLoop = (wait: () => void) => LoopWait | null;

/** enum uv_handle_type (<uv.h>). */
const UV_IDLE = 6;
const UV_PREPARE = 9;

/** There is one loop, and one to wait for it. */
let waiter: 'nobody' | 'somebody' = 'nobody';

/** What libuv works with: it must neither be collected nor move. */
const handles = new Set<Memory>();

/**
 * As libuv is embedded in other loops (uv_backend_fd and uv_backend_timeout, https://docs.libuv.org/en/v1.x/loop.html),
 * but from within: a prepare handle (https://docs.libuv.org/en/v1.x/prepare.html) waits, and an idle handle keeps libuv
 * from waiting once more. Node exports libuv's functions for addons. Not in worker threads, whose loop is not the default
 * one.
 */
export function loopWait(ffi: typeof koffi): WaitForLoop {
  const uv = isMainThread ? bindLibuv(ffi) : undefined;
  if (uv === undefined) return () => null;
  return (wait) => {
    if (waiter === 'somebody') return null;
    waiter = 'somebody';
    const loop = uv.defaultLoop();
    const prepare = allocateMemory(ffi, uv.handleSize(UV_PREPARE));
    const idle = allocateMemory(ffi, uv.handleSize(UV_IDLE));
    let state: 'open' | 'closed' = 'open';
    const callback = ffi.register(() => {
      // Else the time-out would be 0.
      uv.idleStop(idle.address);
      wait();
      if (state === 'open') uv.idleStart(idle.address, uv.nothing);
    }, uv.callback);
    // None of these four fails.
    uv.prepareInit(loop, prepare.address);
    uv.idleInit(loop, idle.address);
    uv.prepareStart(prepare.address, callback);
    handles.add(prepare).add(idle);
    return {
      fd: uv.backendFd(loop),
      timeout: () => uv.backendTimeout(loop),
      waited: () => uv.updateTime(loop),
      close() {
        if (state === 'closed') return;
        state = 'closed';
        waiter = 'nobody';
        uv.close(prepare.address, 0);
        uv.close(idle.address, 0);
        // It may be calling back just now.
        onceClosed(() => {
          handles.delete(prepare);
          handles.delete(idle);
          ffi.unregister(callback);
        });
      },
    };
  };
}

/** libuv lets go of a handle at the end of this turn of the loop, after its immediates; the next turn's come later. */
function onceClosed(done: () => void): void {
  setImmediate(() => setImmediate(done));
}

function bindLibuv(ffi: typeof koffi) {
  const own = ffi.load(null);
  // uv_prepare_cb has an argument, which nobody asks for.
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
      /** A callback without effect that needs no JavaScript: it takes a handle, as uv_idle_cb does. */
      nothing: own.symbol('uv_handle_get_type') as bigint,
      backendFd: own.func('uv_backend_fd', 'int', ['intptr_t']) as (loop: number) => number,
      backendTimeout: own.func('uv_backend_timeout', 'int', ['intptr_t']) as (loop: number) => number,
      updateTime: own.func('uv_update_time', 'void', ['intptr_t']) as (loop: number) => void,
      close: own.func('uv_close', 'void', ['intptr_t', 'intptr_t']) as (handle: number, callback: number) => void,
    };
  } catch {
    // A Node whose libuv is not to be seen.
    return undefined;
  }
}

type Init = (loop: number, handle: number) => number;
type Start = (handle: number, callback: bigint) => number;
