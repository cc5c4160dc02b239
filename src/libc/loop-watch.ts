import { isMainThread } from 'node:worker_threads';
import type koffi from 'koffi';
import { SystemError } from './errno.ts';
import { allocateMemory, type Memory } from './memory.ts';

/** Keep a reference to it until it is closed: where it is collected before, watching may end in silence. */
export interface Watch {
  close(): void;
}

/** Calls back whenever `fd` is readable. Throws where the loop cannot watch it. */
export type LoopWatch = (fd: number, readable: () => void) => Watch;

/** enum uv_handle_type and enum uv_poll_event (<uv.h>). */
const UV_POLL = 8;
const UV_READABLE = 1;

/**
 * Watches descriptors in Node's loop by libuv's own uv_poll_t (https://docs.libuv.org/en/v1.x/poll.html), whose
 * functions Node exports for addons. koffi's `node.poll` does the same, but makes an object with three properties for
 * each call: 2.7 us of CPU a wake-up, where this takes 1.6. It serves where those functions are not to be had, and in
 * worker threads, whose loop is not the default one.
 */
export function loopWatch(ffi: typeof koffi): LoopWatch {
  const byLibuv = isMainThread ? libuvWatch(ffi) : undefined;
  return byLibuv ?? ((fd, readable) => ffi.node.poll(fd, { readable: true }, readable));
}

/** What libuv works with: it must neither be collected nor move, whoever has forgotten the watch. */
const handles = new Set<Memory>();

function libuvWatch(ffi: typeof koffi): LoopWatch | undefined {
  const uv = bindLibuv(ffi);
  if (uv === undefined) return undefined;
  return (fd, readable) => {
    const handle = allocateMemory(ffi, uv.handleSize(UV_POLL));
    const refused = uv.pollInit(uv.defaultLoop(), handle.address, fd);
    if (refused < 0) throw new SystemError(refused, 'uv_poll_init');
    const callback = ffi.register(readable, uv.callback);
    handles.add(handle);
    // Fails only for a handle that is being closed.
    uv.pollStart(handle.address, UV_READABLE, callback);
    let state: 'open' | 'closed' = 'open';
    return {
      close() {
        if (state === 'closed') return;
        state = 'closed';
        uv.close(handle.address, 0);
        // It may be calling back just now.
        onceClosed(() => {
          handles.delete(handle);
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
  // uv_poll_cb has three arguments, which nobody asks for.
  const callback = ffi.pointer(ffi.proto('void', []));
  try {
    return {
      callback,
      defaultLoop: own.func('uv_default_loop', 'intptr_t', []) as () => number,
      handleSize: own.func('uv_handle_size', 'int', ['int']) as (type: number) => number,
      pollInit: own.func('uv_poll_init', 'int', ['intptr_t', 'intptr_t', 'int']) as Call,
      pollStart: own.func('uv_poll_start', 'int', ['intptr_t', 'int', 'void *']) as PollStart,
      close: own.func('uv_close', 'void', ['intptr_t', 'intptr_t']) as (handle: number, callback: number) => void,
    };
  } catch {
    // A Node whose libuv is not to be seen.
    return undefined;
  }
}

type Call = (...values: number[]) => number;
type PollStart = (handle: number, events: number, callback: bigint) => number;
