import { isMainThread } from 'node:worker_threads';
import type koffi from 'koffi';
import { allocateMemory, type Memory } from './memory.ts';

/** Node's loop, for which somebody polls in libuv's place. */
export interface EmbeddedLoop {
  /** Readable while something is ready that libuv watches (uv_backend_fd). It stays libuv's. */
  readonly fd: number;
  /** How long may be waited from now on, as epoll_wait(2) has it: milliseconds, -1 for ever, 0 where the loop has to go on. */
  timeout(): number;
  /** To be called after waiting: the loop's clock, from which timers count, has stood still. */
  updateTime(): void;
  /** libuv polls itself again. May be called twice. */
  close(): void;
}

/**
 * Calls `poll` in each turn of the loop, right before libuv polls for what is ready: `poll` waits in its place, until
 * `fd` is readable or the time-out is over, and does meanwhile what it likes. What it throws is an uncaught exception.
 * null where that cannot be, or somebody polls already.
 *
 * libuv has a turn only when it has something to do: immediates that are unref'd, as Node uses for performance entries,
 * wait for the next one, and the loop seems to be in use all the time (performance.eventLoopUtilization).
 */
export type EmbedLoop = (poll: () => void) => EmbeddedLoop | null;

/** enum uv_handle_type (<uv.h>). */
const UV_IDLE = 6;
const UV_PREPARE = 9;

/** There is one loop, and one to poll for it; so this module must not be loaded twice in a process. */
let embedder: 'nobody' | 'somebody' = 'nobody';

/** What libuv works with: it must neither be collected nor move. */
const handles = new Set<Memory>();

/**
 * As libuv is embedded in other loops (uv_backend_fd and uv_backend_timeout, https://docs.libuv.org/en/v1.x/loop.html),
 * but from within: a prepare handle (https://docs.libuv.org/en/v1.x/prepare.html) polls, and an idle handle
 * (https://docs.libuv.org/en/v1.x/idle.html) keeps libuv from waiting once more. Node exports libuv's functions for addons.
 * Not in worker threads, whose loop is not the default one.
 */
export function loopEmbedder(ffi: typeof koffi): EmbedLoop {
  const uv = isMainThread ? bindLibuv(ffi) : undefined;
  if (uv === undefined) return () => null;
  return (poll) => {
    if (embedder === 'somebody') return null;
    embedder = 'somebody';
    const loop = uv.defaultLoop();
    const prepare = allocateMemory(ffi, uv.handleSize(UV_PREPARE));
    const idle = allocateMemory(ffi, uv.handleSize(UV_IDLE));
    let state: 'open' | 'closed' = 'open';
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
    // Neither these three nor idle's start and stop fail.
    uv.prepareInit(loop, prepare.address);
    uv.idleInit(loop, idle.address);
    uv.prepareStart(prepare.address, callback);
    handles.add(prepare).add(idle);
    return {
      fd: uv.backendFd(loop),
      timeout() {
        uv.updateTime(loop);
        return uv.backendTimeout(loop);
      },
      updateTime: () => uv.updateTime(loop),
      close() {
        if (state === 'closed') return;
        state = 'closed';
        embedder = 'nobody';
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
      /** Takes a handle, as uv_idle_cb does, has no effect, and is not JavaScript (https://docs.libuv.org/en/v1.x/handle.html). */
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
