/** Threads of libuv's pool unless UV_THREADPOOL_SIZE says otherwise: https://docs.libuv.org/en/v1.x/threadpool.html */
const usualThreads = 4;
/** libuv takes no more. */
const mostThreads = 1024;

/**
 * Lookups (getaddrinfo(3)) that libuv runs at once: it gives slow work half of its threads, rounded up
 * (`slow_work_thread_threshold` in its threadpool.c).
 */
export function lookupsAtOnce(): number {
  const written = process.env.UV_THREADPOOL_SIZE;
  const size = written === undefined ? usualThreads : Number.parseInt(written, 10);
  // What is no number counts as 0 to libuv, and 0 as 1.
  const threads = Math.min(mostThreads, Math.max(1, Number.isNaN(size) ? 0 : size));
  return Math.floor((threads + 1) / 2);
}
