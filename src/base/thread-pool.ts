import { readdirSync, stat } from 'node:fs';
import { type ThreadRoom, threadRoom } from './thread-room.ts';

// libuv's thread pool does lookups of names (getaddrinfo). It takes its size from UV_THREADPOOL_SIZE when it is first
// used, starts all threads then, and aborts the process where one cannot be started (uv_queue_work, threadpool.c).

/** Slow work, which lookups are, gets half of the threads: 33 of these. */
const wantedSize = 65;
/** libuv's own default, and its bound (MAX_THREADPOOL_SIZE). */
const defaultSize = 4;
const largestSize = 1_024;
/** Threads and processes that are left to others of the same user or container. */
const spared = 16;

let note: string | undefined;

/** How many lookups libuv runs at once: half of its threads, rounded up (slow_work_thread_threshold, threadpool.c). */
export function lookupsAtOnce(): number {
  return Math.floor((poolSize(process.env.UV_THREADPOOL_SIZE) + 1) / 2);
}

/** What is worth a line at start: why the pool is smaller than it should be. */
export function threadPoolNotes(): readonly string[] {
  return note === undefined ? [] : [note];
}

/**
 * Sizes the pool and starts it. The bin calls it before anything else may use the pool; the size is in
 * UV_THREADPOOL_SIZE afterwards. Returns what is wrong where not one thread can be started.
 *
 * @public It is required as built, which knip does not see.
 */
export function prepareThreadPool(): string | undefined {
  const given = process.env.UV_THREADPOOL_SIZE;
  const choice = choosePoolSize(given, threadRoom());
  if (choice.size === noThreads) return choice.note;
  note = choice.note;
  process.env.UV_THREADPOOL_SIZE = String(choice.size);
  const before = countThreads();
  // Any work starts it, and all of its threads before the call returns.
  stat('/', () => {});
  if (before !== undefined && countThreads() === before) {
    const size = poolSize(given);
    process.env.UV_THREADPOOL_SIZE = String(size);
    if (size < choice.size) note = `${slow(size)}: a module of --require or --import used libuv's thread pool first`;
  }
  return undefined;
}

/** The size of a pool that cannot be started. */
const noThreads = 0;

/** The size, from UV_THREADPOOL_SIZE as `given`, and why it is not the one wanted; `noThreads` where none can start. */
export function choosePoolSize(given: string | undefined, room: ThreadRoom): { size: number; note?: string } {
  const users = given !== undefined && given !== '';
  const wanted = users ? poolSize(given) : wantedSize;
  if (room.left >= wanted + (users ? 0 : spared)) return { size: wanted };
  const left = Math.max(0, room.left);
  const what = `${room.limit} leaves ${left} ${left === 1 ? 'thread' : 'threads'}`;
  if (left === 0) return { size: noThreads, note: `Cannot start: ${what}, and at least 1 is needed; raise that limit` };
  const size = Math.min(wanted, defaultSize, left);
  const need = users ? `${wanted} are asked for (UV_THREADPOOL_SIZE)` : `${wanted} and ${spared} to spare are wanted`;
  return { size, note: `${slow(size)}: ${what}, and ${need}; raise that limit` };
}

function slow(size: number): string {
  return `Names are looked up ${Math.floor((size + 1) / 2)} at a time, so that a silent name server delays others`;
}

/** As libuv reads the variable; an empty one counts as not set. */
function poolSize(given: string | undefined): number {
  if (given === undefined || given === '') return defaultSize;
  const size = Number.parseInt(given, 10);
  if (Number.isNaN(size) || size === 0) return 1;
  // It is unsigned there: a negative one is a very large one.
  return size < 0 ? largestSize : Math.min(size, largestSize);
}

/** Threads of this process; `undefined` without /proc. */
function countThreads(): number | undefined {
  try {
    return readdirSync('/proc/self/task').length;
  } catch {
    return undefined;
  }
}
