import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout as later, setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EpollSet } from '../../src/engine/splice/epoll-set.ts';
import { EmbeddedLoop } from '../../src/libc/embedded-loop.ts';
import { type Drive, loadLibc, loopSeat } from '../../src/libc/libc.ts';
import { libc, uncaughtUntil } from '../engine/splice/splice-fixture.ts';

interface Polling {
  readonly drive: Drive;
  readonly polls: () => number;
}

/**
 * Polls in libuv's place for its descriptor alone, until the test is over; `first` and `last` come around each wait.
 */
function startPolling(first: (timeout: number) => void = () => {}, last = (): void => {}): Polling {
  const set = new EpollSet(libc, 8);
  const loop = libc.findEmbeddedLoop();
  if (loop === null) throw new Error('another engine polls');
  let polls = 0;
  const drive = loop.drive(set.fd, {
    fetch(timeout) {
      polls += 1;
      first(timeout);
      return set.wait(timeout);
    },
    handle(count) {
      last();
      return count > 0 && set.seatOf(0) === loopSeat ? 'loop is ready' : 'handled';
    },
  });
  onTestFinished(() => {
    drive.close();
    set.close();
  });
  return { drive, polls: () => polls };
}

/** Of the whole thread, milliseconds. */
function sleep(duration: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, duration);
}

async function signal(): Promise<void> {
  const caught = new Promise((resolve) => process.once('SIGUSR2', resolve));
  process.kill(process.pid, 'SIGUSR2');
  await caught;
}

/** A server that begins to listen, and a client that connects, while another loop polls. */
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

describe('the embedded loop', () => {
  it.each<readonly [string, () => Promise<unknown>]>([
    ['timers', () => later(20)],
    ['immediates', () => nextTurn()],
    ['the work of its threads', () => readFile('/proc/self/stat')],
    ['a process of its own that ends', () => promisify(execFile)('true')],
    ['signals', signal],
    ['sockets that it begins to watch meanwhile', connection],
  ])('leaves libuv %s', async (_, work) => {
    const { polls } = startPolling();
    for (let round = 0; round < 5; round += 1) await work();
    expect(polls()).toBeGreaterThan(0);
  });

  it('waits while there is nothing to do', async () => {
    await later(20);
    const { polls } = startPolling();
    await later(300);
    // A loop that does not wait turns many thousand times.
    expect(polls()).toBeLessThan(100);
  });

  it('reckons its time-out from now on, and counts timers from after the wait', async () => {
    startPolling((timeout) => {
      // The process is busy until shortly before the timer is due.
      if (timeout > 20) sleep(timeout - 10);
    });
    for (let round = 0; round < 3; round += 1) {
      const begun = performance.now();
      await later(60);
      const took = performance.now() - begun;
      expect(took).toBeGreaterThanOrEqual(59);
    }
  });

  it('sets the clock of libuv after each wait', async () => {
    const own = koffi.load(null);
    const clock = own.func('uv_now', 'uint64_t', ['intptr_t']);
    const loop = own.func('uv_default_loop', 'intptr_t', [])();
    const lag: number[] = [];
    let before = { real: 0, clock: 0 };
    const now = () => ({ real: performance.now(), clock: Number(clock(loop)) });
    startPolling(
      () => {
        before = now();
      },
      () => {
        const after = now();
        lag.push(after.real - before.real - (after.clock - before.clock));
      },
    );
    await later(400);
    expect(Math.max(...lag)).toBeLessThan(200);
  });

  it('goes on after an exception, which is uncaught', async () => {
    const bug = new Error('a bug');
    const { polls } = startPolling(() => {
      if (polls() === 1) throw bug;
    });
    expect(await uncaughtUntil(() => polls() > 3)).toEqual([bug]);
  });

  it('has one owner in a process, wherever the library was loaded', async () => {
    const before = libc.findEmbeddedLoop();
    const { drive } = startPolling();
    const again = await loadLibc();
    if (!again.ok) throw new Error(again.why);
    expect(again.libc.findEmbeddedLoop()).toBeNull();
    const turn = { fetch: () => 0, handle: () => 'handled' as const };
    expect(() => before?.drive(0, turn)).toThrow('another engine does');
    drive.close();
    const next = startPolling();
    // No effect on the next one.
    drive.close();
    expect(libc.findEmbeddedLoop()).toBeNull();
    next.drive.close();
    expect(libc.findEmbeddedLoop()).not.toBeNull();
  });

  it('may be given back while it polls, and twice', async () => {
    const polling = startPolling(() => {
      polling.drive.close();
      polling.drive.close();
    });
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    expect(polling.polls()).toBe(1);
  });

  it('can be taken and given back again and again', async () => {
    // koffi has room for 8,192 callbacks.
    for (let round = 0; round < 8_500; round += 1) {
      const one = new EpollSet(libc, 1);
      libc
        .findEmbeddedLoop()
        ?.drive(one.fd, { fetch: () => 0, handle: () => 'handled' })
        .close();
      one.close();
      await nextTurn();
      await nextTurn();
    }
    expect(libc.findEmbeddedLoop()).not.toBeNull();
  });

  it('is not there where Node does not export libuv’s functions', () => {
    const withoutLibuv = new Proxy(koffi, {
      get: (target, name) =>
        name === 'load' ? () => ({ func: () => expect.fail('not there') }) : Reflect.get(target, name),
    });
    expect(EmbeddedLoop.bind(withoutLibuv, libc.epollCtl)).toBeNull();
  });

  it('fails where libuv’s descriptor cannot be watched, and stays free', () => {
    const loop = libc.findEmbeddedLoop();
    expect(() => loop?.drive(9_999, { fetch: () => 0, handle: () => 'handled' })).toThrow(/^epoll_ctl EBADF$/);
    expect(libc.findEmbeddedLoop()).not.toBeNull();
  });
});
