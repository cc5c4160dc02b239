import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import koffi from 'koffi';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PIPE_NONBLOCK_CLOEXEC } from '../../src/libc/constants.ts';
import type { Libc } from '../../src/libc/libc.ts';
import { loopWatch } from '../../src/libc/loop-watch.ts';
import { until } from '../contract/peer.ts';
import { libc } from '../engine/splice/instruments.ts';

function openPipe(): { readonly readEnd: number; readonly writeEnd: number } {
  const fds = libc.allocate(8);
  if (libc.pipe2(fds.address, PIPE_NONBLOCK_CLOEXEC) < 0) throw new Error('no pipe');
  const ends = { readEnd: fds.bytes.readInt32LE(0), writeEnd: fds.bytes.readInt32LE(4) };
  onTestFinished(() => {
    libc.close(ends.readEnd);
    libc.close(ends.writeEnd);
  });
  return ends;
}

/** koffi without libuv's functions, as where Node does not export them. */
const withoutLibuv = new Proxy(koffi, {
  get: (target, name) =>
    name === 'load' ? () => ({ func: () => expect.fail('not there') }) : Reflect.get(target, name),
});

const ways: readonly (readonly [string, Libc['watch']])[] = [
  ["by libuv's functions", libc.watch],
  ['by koffi, where those are not to be had', loopWatch(withoutLibuv)],
];

describe.each(ways)('watching a descriptor in the loop, %s', (_, watch) => {
  it('calls back as long as it is readable, and not once it is closed', async () => {
    const { readEnd, writeEnd } = openPipe();
    const readable = vi.fn();
    const watching = watch(readEnd, readable);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(readable).not.toHaveBeenCalled();
    writeSync(writeEnd, 'x');
    await until(() => readable.mock.calls.length > 3, 'calls');
    watching.close();
    const calls = readable.mock.calls.length;
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(readable).toHaveBeenCalledTimes(calls);
  });

  it('may be closed while it calls back, and twice', async () => {
    const { readEnd, writeEnd } = openPipe();
    let calls = 0;
    const watching = watch(readEnd, () => {
      calls += 1;
      watching.close();
      watching.close();
    });
    writeSync(writeEnd, 'x');
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    expect(calls).toBe(1);
  });

  it('can be done again and again', async () => {
    const { readEnd } = openPipe();
    // koffi has room for 8,192 callbacks.
    for (let round = 0; round < 8_500; round += 1) {
      watch(readEnd, () => {}).close();
      await nextTurn();
      await nextTurn();
    }
  });
});

// koffi 3.3.4 ends the process there.
it('by libuv it says so where the loop cannot watch a descriptor', () => {
  expect(() => libc.watch(9_999, () => {})).toThrow(/^uv_poll_init EBADF$/);
});
