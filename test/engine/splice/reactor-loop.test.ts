import { writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as later } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { EPOLLIN } from '../../../src/libc/constants.ts';
import type { EmbeddedLoop } from '../../../src/libc/libc.ts';
import { until } from '../../contract/peer.ts';
import { libc, watched } from './instruments.ts';
import { openPipe, openReactor, Probe, watchPipe } from './probe.ts';

describe('the reactor in Node’s loop', () => {
  it.each([
    ['polls in libuv’s place', libc],
    ['is watched by libuv', watched],
  ])('%s: it hears of events, and lets libuv have its turns though one socket is always ready', async (_, over) => {
    const reactor = openReactor(over);
    const probe = new Probe();
    watchPipe(reactor, probe)();
    await until(() => probe.heard === 1, 'the event');
    const levelTriggered = new Probe();
    const { readEnd, writeEnd } = openPipe();
    expect(reactor.add(levelTriggered, readEnd, EPOLLIN)).toBe(0);
    onTestFinished(() => reactor.close(levelTriggered));
    writeSync(writeEnd, 'x');
    await until(() => levelTriggered.heard > 100, 'events again and again');
    await readFile('/proc/self/stat');
    await later(5);
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('is watched by libuv where it cannot watch what libuv polls, and gives that back', async () => {
    const close = vi.fn();
    const embedLoop = (): EmbeddedLoop => ({ fd: 1_000_000, timeout: () => 0, updateTime() {}, close });
    const probe = new Probe();
    watchPipe(openReactor({ ...libc, embedLoop }), probe)();
    expect(close).toHaveBeenCalledOnce();
    await until(() => probe.heard === 1, 'the event');
  });

  it('serves two in one process, of which one polls in libuv’s place', async () => {
    const reactors = [openReactor(), openReactor()];
    const probes = reactors.map(() => new Probe());
    const writes = reactors.map((reactor, index) => watchPipe(reactor, probes[index] ?? expect.fail()));
    for (let round = 1; round <= 5; round += 1) {
      for (const makeReadable of writes) makeReadable();
      await until(() => probes.every(({ heard }) => heard === round), 'both to hear of it');
    }
  });
});
