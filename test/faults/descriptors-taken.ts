import { readdirSync } from 'node:fs';
import { asNobody } from '../helpers/nobody.ts';
import { until } from '../helpers/until.ts';
import { counted } from './counted.ts';
import type { Fault } from './fault.ts';
import type { Fixture } from './fixture.ts';
import type { FaultGateway } from './gateway.ts';
import { percent } from './percent.ts';
import { openTutorial } from './tutorial.ts';

const descriptors = 5_000;
const clients = 50;

/**
 * Something else in the process has used the descriptors up. prlimit(1) does the same from outside: with a limit at
 * the lowest free number, every accept4(2) and socket(2) of the running gateway fails with EMFILE.
 */
export const descriptorsTaken: Fault = {
  name: 'descriptors-taken',
  title: 'descriptors used up by something else (EMFILE on accept)',
  load: '762 listeners, 50 clients while there are no descriptors; then with one left, for the accept alone',
  expected: 'no spin; a dial without a descriptor ends as `exhausted`; afterwards every listener answers',
  needs: [],
  async run(fixture) {
    const tutorial = await openTutorial(fixture);
    // All clients come from one address.
    const args = [...tutorial.args, '--per-source-sessions', 'unlimited'];
    const gateway = await fixture.gateway({ args, descriptors });
    const neighbour = await fixture.neighbour(tutorial.quiet, { pause: 20 });
    const { listeners } = tutorial;
    const waiting = fixture.clients();
    await leave(fixture, gateway, 0);
    await waiting.ask('connect', { to: listeners, count: clients });
    const busy = await gateway.busy(fixture.pick({ ci: 1_000, full: 10_000 }));
    fixture.check('it does not spin', busy < 0.5, percent(busy));
    fixture.checkFigure('the CPU is idle: less than 10 %', busy < 0.1, percent(busy));
    const kept = await waiting.ask('kept', null);
    await restore(fixture, gateway);
    const freed = performance.now();
    if (fixture.engine === 'splice') {
      fixture.check('who came meanwhile waits', kept.open === clients, kept);
      const served = async () => (await tutorial.targets.ask('counts', null)).live === clients;
      await until('those who waited, served', served);
      fixture.saw(`waiting clients served ${Math.round(performance.now() - freed)} ms after there were descriptors`);
    }
    await waiting.ask('leave', { by: 'reset' });
    const probe = fixture.clients();
    const params = { to: listeners, count: listeners.length, atOnce: 32, patience: 20_000 };
    const after = await probe.ask('attempt', params);
    fixture.check('every listener answers', after.counts.echo === listeners.length, after.counts);
    fixture.saw(`${percent(busy)} CPU meanwhile; of ${clients} clients ${counted(kept)}`);
    fixture.saw(
      `then ${after.counts.echo} of ${listeners.length} listeners answer within ${after.seconds.toFixed(1)} s`,
    );

    await until('the end of the probes', async () => (await tutorial.targets.ask('counts', null)).live === 0);
    await leave(fixture, gateway, 1);
    const short = await probe.ask('attempt', { ...params, count: 5, atOnce: 1 });
    fixture.check('no descriptor for the dial: reset', short.counts.ECONNRESET === 5, short.counts);
    await gateway.recorded({ exhausted: 5 });
    await restore(fixture, gateway);
    const again = await probe.ask('attempt', { ...params, count: 5, atOnce: 1 });
    fixture.check('served again', again.counts.echo === 5, again.counts);
    await fixture.over(gateway, neighbour);
  },
};

/** From now on the process can open `free` descriptors more. */
async function leave(fixture: Fixture, gateway: FaultGateway, free: number): Promise<void> {
  const open = new Set(readdirSync(`/proc/${gateway.pid}/fd`).map(Number));
  let limit = 0;
  for (let spare = free; open.has(limit) || spare > 0; limit += 1) if (!open.has(limit)) spare -= 1;
  await setLimit(fixture, gateway, limit);
}

async function restore(fixture: Fixture, gateway: FaultGateway): Promise<void> {
  await setLimit(fixture, gateway, descriptors);
}

/** As the user that the gateway runs as: root may change limits of others only with CAP_SYS_RESOURCE (prlimit(2)). */
async function setLimit(fixture: Fixture, { pid }: FaultGateway, soft: number): Promise<void> {
  await fixture.mustRun(...asNobody(['prlimit', '--pid', String(pid), `--nofile=${soft}:${descriptors}`]));
}
