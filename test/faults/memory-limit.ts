import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent } from '../../bench/process/agent.ts';
import { openMemoryCgroup } from '../../bench/process/memory-cgroup.ts';
import type { DripClients } from './agents/drip-clients.ts';
import type { Fault } from './fault.ts';
import { faultAgent } from './fault-agent.ts';

const KiB = 1_024;
const MiB = 1_024 * KiB;
/** Milliseconds for all downloads; a machine at leisure takes a third of it. */
const deadline = 240_000;
/** Milliseconds: the build before was killed after 1 to 2 s. */
const shortTrial = 3_000;

/** Slow readers of long answers, more than all of them could be held for. */
export const memoryLimit: Fault = {
  name: 'memory-limit',
  title: '3,000 clients read by drips, 512 MiB of memory',
  load: '3,000 downloads of 4 MiB, 16 KiB every 250 ms each; the gateway in a cgroup of 512 MiB',
  expected: 'it lives; every byte is right; all go on at the pace of their readers',
  needs: ['memory cgroup', 'descriptors'],
  async run(fixture) {
    const count = fixture.pick({ ci: 300, full: 3_000 });
    const bytes = fixture.pick({ ci: 16 * MiB, full: 4 * MiB });
    const pause = fixture.pick({ ci: 50, full: 250 });
    const limit = fixture.pick({ ci: 56, full: 512 }) * MiB;
    const cgroup = openMemoryCgroup(fixture.children, limit);
    const sender = await fixture.target({ kind: 'send', bytes });
    const echo = await fixture.target({ kind: 'echo' });
    const { gateway, listeners } = await fixture.forwards([sender.at, echo.at], {
      inside: cgroup.inside,
      // All clients come from one address through one listener, and dial at once: a quarter of all sessions may.
      args: [
        '--sessions',
        String(3 * count),
        '--per-listener',
        String(count),
        '--per-source-sessions',
        String(count + 10),
      ],
    });
    const neighbour = await fixture.neighbour(listeners[1], { pause: 20 });
    const { memory } = gateway.ready.limits;
    fixture.check('it knows what its cgroup has: a quarter may be held', memory === limit / 4, String(memory));
    const before = cgroup.used();
    const clients = new Agent<DripClients>(fixture.children, faultAgent('drip-clients'));
    const begun = performance.now();
    await clients.ask('start', { to: listeners[0], count, piece: 16 * KiB, pause });
    const most = { memory: 0, sockets: 0 };
    let progress = await clients.ask('progress', null);
    const goesOn = fixture.pick({
      // No download ends in that time unless something is wrong.
      ci: () =>
        Object.keys(progress.ends).length === 0 && (performance.now() - begun < shortTrial || progress.fewest === 0),
      full: () => Object.values(progress.ends).reduce((sum, some) => sum + some, 0) < count,
    });
    // It has ended where it was killed for want of memory.
    while (goesOn() && !gateway.ended) {
      if (performance.now() - begun > fixture.pick({ ci: 20_000, full: deadline }))
        throw new Error(`Cannot go on: ${JSON.stringify(progress)}`);
      await delay(100);
      most.memory = Math.max(most.memory, cgroup.used());
      most.sockets = Math.max(most.sockets, cgroup.sockets());
      progress = await clients.ask('progress', null);
    }
    const seconds = (performance.now() - begun) / 1_000;
    fixture.check('the gateway lives', !gateway.ended, `killed after ${seconds.toFixed(1)} s`);
    if (fixture.setting === 'full') {
      fixture.check('every download is whole', progress.lengths[bytes] === count, progress);
      fixture.saw(`${count} downloads within ${seconds.toFixed(1)} s`);
    } else {
      const goOn = progress.fewest > 0 && Object.keys(progress.ends).length === 0;
      fixture.check('every download goes on', goOn, progress);
      // Of the build before, 4 MiB and more each: loopback has the largest send queues of all.
      // Without koffi the gateway cannot ask the kernel for small queues.
      if (hasKoffi(fixture.main))
        fixture.check('sockets take less than 2 MiB each', most.sockets < count * 2 * MiB, mib(most.sockets));
      await clients.stop();
    }
    fixture.check('not one byte is wrong', progress.broken === 0, progress.broken);
    // Version 1 counts sockets apart, version 2 with the rest. The stream engine decides when a session begins, and
    // loopback has the largest send queues of all: it keeps within the limit on each of both counts alone.
    const both = cgroup.version === 1 && fixture.engine === 'splice' ? most.memory + most.sockets : most.sockets;
    if (hasKoffi(fixture.main))
      fixture.checkFigure('the sockets fit into the limit, with splice beside all else', both < limit, mib(both));
    fixture.saw(`memory ${mib(before)} before, ${mib(most.memory)} at most, and ${mib(most.sockets)} of sockets`);
    await fixture.over(gateway, neighbour);
  },
};

/** Whether the gateway has koffi, with which it sets small queues in the kernel. */
function hasKoffi(main: string): boolean {
  try {
    createRequire(main).resolve('koffi');
    return true;
  } catch {
    return false;
  }
}

function mib(bytes: number): string {
  return `${(bytes / MiB).toFixed(0)} MiB`;
}
