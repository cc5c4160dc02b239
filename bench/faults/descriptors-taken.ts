import { readdirSync } from 'node:fs';
import { asNobody } from '../../test/helpers/nobody.ts';
import { until } from '../../test/helpers/until.ts';
import { counted } from './counted.ts';
import type { Fault } from './fault.ts';
import type { FaultGateway } from './gateway.ts';
import { percent } from './percent.ts';
import type { Scene } from './scene.ts';
import { openTutorial } from './tutorial.ts';

const descriptors = 5_000;
const clients = 50;

/**
 * Something else in the process has used the descriptors up. From outside, prlimit(1) does the same: with a limit at the
 * lowest free number, every accept4(2) and socket(2) of the running gateway fails with EMFILE.
 */
export const descriptorsTaken: Fault = {
  name: 'descriptors-taken',
  title: 'descriptors used up by something else (EMFILE on accept)',
  load: '762 listeners, 50 clients while there are no descriptors; then with one left, for the accept alone',
  expected: 'no spin; a dial without a descriptor ends as `exhausted`; afterwards every listener answers',
  needs: [],
  async run(scene) {
    const tutorial = await openTutorial(scene);
    // All clients come from one address.
    const args = [...tutorial.args, '--per-source-sessions', 'unlimited'];
    const gateway = await scene.gateway({ args, descriptors });
    const neighbour = await scene.neighbour(tutorial.quiet, { pause: 20 });
    const { doors } = tutorial;
    const waiting = scene.clients();
    await leave(scene, gateway, 0);
    await waiting.ask('connect', { to: doors, count: clients });
    const busy = await gateway.busy(scene.pick({ ci: 1_000, full: 10_000 }));
    scene.check('it does not spin', busy < 0.5, percent(busy));
    scene.checkFigure('the CPU is idle: less than 10 %', busy < 0.1, percent(busy));
    const kept = await waiting.ask('kept', null);
    await restore(scene, gateway);
    const freed = performance.now();
    if (scene.engine === 'splice') {
      scene.check('who came meanwhile waits', kept.open === clients, kept);
      const served = async () => (await tutorial.targets.ask('counts', null)).live === clients;
      await until('those who waited, served', served);
      scene.saw(`those who waited served ${Math.round(performance.now() - freed)} ms after there were descriptors`);
    }
    await waiting.ask('leave', { by: 'reset' });
    const probe = scene.clients();
    const params = { to: doors, count: doors.length, atOnce: 32, patience: 20_000 };
    const after = await probe.ask('attempt', params);
    scene.check('every listener answers', after.counts.echo === doors.length, after.counts);
    scene.saw(`${percent(busy)} CPU meanwhile; of ${clients} clients ${counted(kept)}`);
    scene.saw(`then ${after.counts.echo} of ${doors.length} listeners answer within ${after.seconds.toFixed(1)} s`);

    await until('the probes gone', async () => (await tutorial.targets.ask('counts', null)).live === 0);
    await leave(scene, gateway, 1);
    const short = await probe.ask('attempt', { ...params, count: 5, atOnce: 1 });
    scene.check('no descriptor for the dial: reset', short.counts.ECONNRESET === 5, short.counts);
    await gateway.recorded({ exhausted: 5 });
    await restore(scene, gateway);
    const again = await probe.ask('attempt', { ...params, count: 5, atOnce: 1 });
    scene.check('served again', again.counts.echo === 5, again.counts);
    await scene.over(gateway, neighbour);
  },
};

/** From now on the process can open `free` descriptors more. */
async function leave(scene: Scene, gateway: FaultGateway, free: number): Promise<void> {
  const open = new Set(readdirSync(`/proc/${gateway.pid}/fd`).map(Number));
  let limit = 0;
  for (let spare = free; open.has(limit) || spare > 0; limit += 1) if (!open.has(limit)) spare -= 1;
  await setLimit(scene, gateway, limit);
}

async function restore(scene: Scene, gateway: FaultGateway): Promise<void> {
  await setLimit(scene, gateway, descriptors);
}

/** As the user that the gateway runs as: root may change limits of others only with CAP_SYS_RESOURCE (prlimit(2)). */
async function setLimit(scene: Scene, { pid }: FaultGateway, soft: number): Promise<void> {
  await scene.mustRun(...asNobody(['prlimit', '--pid', String(pid), `--nofile=${soft}:${descriptors}`]));
}
