import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout as later, setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EpollSet } from '../../src/engine/splice/epoll-set.ts';
import { EPOLL_CTL_ADD, EPOLLIN } from '../../src/libc/constants.ts';
import { loopEmbedder } from '../../src/libc/embedded-loop.ts';
import { type EmbeddedLoop, loadLibc } from '../../src/libc/libc.ts';
import { until } from '../contract/peer.ts';
import { libc, uncaughtUntil } from '../engine/splice/instruments.ts';

/** Polls in libuv's place, until the test is over, for libuv's descriptor alone; `first` is done before each poll. */
function startPolling(first = (_: EmbeddedLoop): void => {}): {
  readonly loop: EmbeddedLoop;
  readonly polls: () => number;
} {
  const set = new EpollSet(libc, 8);
  let polls = 0;
  const loop = libc.embedLoop(() => {
    polls += 1;
    if (loop === null) return;
    first(loop);
    set.wait(loop.timeout());
    loop.updateTime();
  });
  if (loop === null) throw new Error('somebody else polls');
  expect(set.control(EPOLL_CTL_ADD, loop.fd, EPOLLIN, 0, 0)).toBe(0);
  onTestFinished(() => {
    loop.close();
    set.close();
  });
  return { loop, polls: () => polls };
}

/** Of the whole thread, milliseconds. */
function sleep(duration: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, duration);
}

async function signal(): Promise<void> {
  const heard = new Promise((resolve) => process.once('SIGUSR2', resolve));
  process.kill(process.pid, 'SIGUSR2');
  await heard;
}

/** A server that begins to listen, and a client that connects, while somebody else polls. */
async function connection(): Promise<void> {
  const server = createServer((socket) => socket.end('served'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const socket = connect(address.port, '127.0.0.1');
  socket.resume();
  await new Promise((resolve) => socket.on('close', resolve));
  await new Promise((resolve) => server.close(resolve));
}

describe('polling in libuv’s place', () => {
  it.each<readonly [string, () => Promise<unknown>]>([
    ['timers', () => later(20)],
    ['immediates', () => nextTurn()],
    ['what its threads have done', () => readFile('/proc/self/stat')],
    ['a process of its own that ends', () => promisify(execFile)('true')],
    ['signals', signal],
    ['sockets that it begins to watch meanwhile', connection],
  ])('leaves it %s', async (_, work) => {
    const { polls } = startPolling();
    for (let round = 0; round < 5; round += 1) await work();
    expect(polls()).toBeGreaterThan(0);
  });

  it('is not interrupted while there is nothing to do', async () => {
    await later(20);
    const { polls } = startPolling();
    await later(300);
    // A loop that does not wait turns many thousand times.
    expect(polls()).toBeLessThan(100);
  });

  it('keeps libuv from waiting once more', async () => {
    let polls = 0;
    const loop = libc.embedLoop(() => {
      polls += 1;
    });
    onTestFinished(() => loop?.close());
    // Nobody waits, so that the loop turns all the time.
    await until(() => polls > 50_000, 'thousands of turns');
  });

  it('reckons its time-out from now on, however long ago it was asked for ready sockets', async () => {
    const late: number[] = [];
    startPolling((loop) => {
      const before = loop.timeout();
      if (before < 20) return;
      sleep(20);
      late.push(loop.timeout() - (before - 20));
    });
    await later(90);
    expect(late).not.toEqual([]);
    expect(Math.max(...late)).toBeLessThanOrEqual(1);
  });

  it('sets the clock of the loop, from which timers count', () => {
    const own = koffi.load(null);
    const clock = own.func('uv_now', 'uint64_t', ['intptr_t']);
    const loop = own.func('uv_default_loop', 'intptr_t', [])();
    const polling = startPolling();
    const before = clock(loop);
    sleep(30);
    expect(clock(loop)).toBe(before);
    polling.loop.updateTime();
    expect(clock(loop) - before).toBeGreaterThanOrEqual(29);
  });

  it('goes on after an exception, which is uncaught', async () => {
    const bug = new Error('a bug');
    const { polls } = startPolling(() => {
      if (polls() === 1) throw bug;
    });
    expect(await uncaughtUntil(() => polls() > 3)).toEqual([bug]);
  });

  it('is for one at a time, wherever the library was loaded', async () => {
    const { loop } = startPolling();
    const again = await loadLibc();
    if (!again.ok) throw new Error(again.why);
    expect(again.libc.embedLoop(() => {})).toBeNull();
    loop.close();
    const next = again.libc.embedLoop(() => {});
    expect(next).not.toBeNull();
    // No effect on who came after.
    loop.close();
    expect(libc.embedLoop(() => {})).toBeNull();
    next?.close();
  });

  it('may be given back while polling, and twice', async () => {
    let polls = 0;
    const loop = libc.embedLoop(() => {
      polls += 1;
      loop?.close();
      loop?.close();
    });
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    expect(polls).toBe(1);
  });

  it('can be done again and again', async () => {
    // koffi has room for 8,192 callbacks.
    for (let round = 0; round < 8_500; round += 1) {
      const loop = libc.embedLoop(() => {});
      expect(loop).not.toBeNull();
      loop?.close();
      await nextTurn();
      await nextTurn();
    }
  });

  it('cannot be where Node does not export libuv’s functions', () => {
    const withoutLibuv = new Proxy(koffi, {
      get: (target, name) =>
        name === 'load' ? () => ({ func: () => expect.fail('not there') }) : Reflect.get(target, name),
    });
    expect(loopEmbedder(withoutLibuv)(() => {})).toBeNull();
  });
});

// koffi 3.3.4 would end the process.
it('says so where the loop cannot watch a descriptor', () => {
  expect(() => libc.watch(9_999, () => {})).toThrow(/^epoll_ctl EBADF$/);
});
