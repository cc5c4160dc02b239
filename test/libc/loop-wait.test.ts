import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout as later, setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EpollSet } from '../../src/engine/splice/epoll-set.ts';
import { EPOLL_CTL_ADD, EPOLLIN } from '../../src/libc/constants.ts';
import { type LoopWait, loadLibc } from '../../src/libc/libc.ts';
import { loopWait } from '../../src/libc/loop-wait.ts';
import { libc } from '../engine/splice/instruments.ts';

/** Waits in libuv's place, until the test is over, for libuv's descriptor alone; `first` is done before each wait. */
function startWaiting(first = (_: LoopWait): void => {}): { readonly loop: LoopWait; readonly waits: () => number } {
  const set = new EpollSet(libc, 8);
  let waits = 0;
  const loop = libc.waitForLoop(() => {
    waits += 1;
    if (loop === null) return;
    first(loop);
    set.wait(loop.timeout());
    loop.waited();
  });
  if (loop === null) throw new Error('somebody else waits');
  expect(set.control(EPOLL_CTL_ADD, loop.fd, EPOLLIN, 0, 0)).toBe(0);
  onTestFinished(() => {
    loop.close();
    set.close();
  });
  return { loop, waits: () => waits };
}

async function signal(): Promise<void> {
  const heard = new Promise((resolve) => process.once('SIGUSR2', resolve));
  process.kill(process.pid, 'SIGUSR2');
  await heard;
}

/** A server that begins to listen, and a client that connects, while somebody else waits. */
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

describe('waiting in libuv’s place', () => {
  it.each<readonly [string, () => Promise<unknown>]>([
    ['timers', () => later(20)],
    ['immediates', () => nextTurn()],
    ['what its threads have done', () => readFile('/proc/self/stat')],
    ['a process of its own that ends', () => promisify(execFile)('true')],
    ['signals', signal],
    ['sockets that it begins to watch meanwhile', connection],
  ])('leaves it %s', async (_, work) => {
    const { waits } = startWaiting();
    for (let round = 0; round < 5; round += 1) await work();
    expect(waits()).toBeGreaterThan(0);
  });

  it('is not interrupted while there is nothing to do', async () => {
    await later(20);
    const { waits } = startWaiting();
    await later(300);
    // A loop that does not wait turns many thousand times.
    expect(waits()).toBeLessThan(100);
  });

  it('keeps libuv from waiting once more', async () => {
    let waits = 0;
    const loop = libc.waitForLoop(() => {
      waits += 1;
    });
    onTestFinished(() => loop?.close());
    await later(200);
    // Nobody waits, so that the loop turns all the time.
    expect(waits).toBeGreaterThan(1_000);
  });

  it('knows that time has passed while it waited', async () => {
    const nothing = new EpollSet(libc, 1);
    onTestFinished(() => nothing.close());
    let longest = 0;
    startWaiting((loop) => {
      let short = 0;
      for (; short < 500 && loop.timeout() !== 0; short += 1) {
        nothing.wait(1);
        loop.waited();
      }
      longest = Math.max(longest, short);
    });
    await later(50);
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(500);
  });

  it('is for one at a time, wherever the library was loaded', async () => {
    const { loop } = startWaiting();
    const again = await loadLibc();
    if (!again.ok) throw new Error(again.why);
    expect(again.libc.waitForLoop(() => {})).toBeNull();
    loop.close();
    const next = again.libc.waitForLoop(() => {});
    expect(next).not.toBeNull();
    // No effect on who came after.
    loop.close();
    expect(libc.waitForLoop(() => {})).toBeNull();
    next?.close();
  });

  it('may be given back while waiting, and twice', async () => {
    let waits = 0;
    const loop = libc.waitForLoop(() => {
      waits += 1;
      loop?.close();
      loop?.close();
    });
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    expect(waits).toBe(1);
  });

  it('can be done again and again', async () => {
    // koffi has room for 8,192 callbacks.
    for (let round = 0; round < 8_500; round += 1) {
      const loop = libc.waitForLoop(() => {});
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
    expect(loopWait(withoutLibuv)(() => {})).toBeNull();
  });
});
