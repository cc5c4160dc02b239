import { writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as later } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { embeddedLoop, type Loop, watchedLoop } from '../../../src/engine/loop.ts';
import { EPOLLIN } from '../../../src/libc/constants.ts';
import { until } from '../../contract/peer.ts';
import { openPipe, openReactor, Probe, watchPipe } from './probe.ts';
import { libc } from './splice-fixture.ts';

const loops: Readonly<Record<string, () => Loop | null>> = {
  embedded: () => embeddedLoop(libc),
  watched: () => watchedLoop(libc),
};

function openIn(name: string) {
  const loop = loops[name]?.() ?? null;
  if (loop === null) throw new Error(`Cannot open the loop: ${name}`);
  return openReactor(libc, loop);
}

describe.each(['embedded', 'watched'])('the reactor in the %s loop', (name) => {
  it('notifies of events, and lets libuv have its turns though one socket is always ready', async () => {
    const reactor = openIn(name);
    const probe = new Probe();
    watchPipe(reactor, probe)();
    await until(() => probe.notified === 1, 'the event');
    const levelTriggered = new Probe();
    const { readEnd, writeEnd } = openPipe();
    expect(reactor.add(levelTriggered, readEnd, EPOLLIN)).toBe(0);
    onTestFinished(() => reactor.close(levelTriggered));
    writeSync(writeEnd, 'x');
    await until(() => levelTriggered.notified > 100, 'events again and again');
    await readFile('/proc/self/stat');
    await later(5);
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('runs promises that are settled in an event before it waits again', async () => {
    const reactor = openIn(name);
    const probe = new Probe();
    const settled = new Promise<void>((resolve) => {
      probe.onReady = resolve;
    });
    const makeReadable = watchPipe(reactor, probe);
    makeReadable();
    await settled;
    expect(probe.notified).toBe(1);
  });
});

it('two reactors in one process are both notified, of which one polls in libuv’s place', async () => {
  const reactors = [openReactor(), openReactor()];
  expect(embeddedLoop(libc)).toBeNull();
  const probes = reactors.map(() => new Probe());
  const writes = reactors.map((reactor, index) => watchPipe(reactor, probes[index] ?? expect.fail()));
  for (let round = 1; round <= 5; round += 1) {
    for (const makeReadable of writes) makeReadable();
    await until(() => probes.every(({ notified }) => notified === round), 'both to be notified');
  }
});
