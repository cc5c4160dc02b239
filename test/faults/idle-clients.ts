import { residentBytes } from '../../bench/process/proc.ts';
import { settledMemory } from '../../bench/process/settled-memory.ts';
import { until } from '../helpers/until.ts';
import type { Fault } from './fault.ts';
import { percent } from './percent.ts';

/** Clients connect and send nothing. */
export const idleClients: Fault = {
  name: 'idle-clients',
  title: '5,000 clients connect and send nothing',
  load: '5,000 clients through two listeners, and others that come and go meanwhile',
  expected: 'all stay, the CPU is idle, others are served; afterwards nothing is left over',
  needs: ['descriptors'],
  async run(fixture) {
    const sessions = fixture.pick({ ci: 1_000, full: 5_000 });
    const echo = await fixture.target({ kind: 'echo' });
    const faulty = await fixture.target({ kind: 'echo' });
    const { gateway, listeners } = await fixture.forwards([faulty.at, faulty.at, echo.at], {
      // All of them come from one address.
      args: ['--per-source-sessions', '1000000'],
    });
    const neighbour = await fixture.neighbour(listeners[2], { pause: 50 });
    const memory = fixture.pick({ ci: async (pid: number) => residentBytes(pid), full: settledMemory });
    const before = await memory(gateway.pid);
    const clients = fixture.clients();
    const begun = performance.now();
    await clients.ask('connect', { to: [listeners[0], listeners[1]], count: sessions });
    await until('all of them at the target', async () => (await faulty.agent.ask('counts', null)).live === sessions);
    const seconds = (performance.now() - begun) / 1_000;
    const grown = (await memory(gateway.pid)) - before;
    const busy = await gateway.busy(fixture.pick({ ci: 500, full: 10_000 }));
    fixture.check('it does not spin', busy < 0.5, percent(busy));
    fixture.checkFigure('the CPU is idle: less than 5 %', busy < 0.05, percent(busy));
    const count = fixture.pick({ ci: 50, full: 500 });
    const others = await fixture.clients().ask('attempt', { to: [listeners[0]], count, atOnce: 8, patience: 20_000 });
    fixture.check('others are served', others.counts.echo === count, others.counts);
    const kept = await clients.ask('kept', null);
    fixture.check('all of them stay', kept.open === sessions, kept);
    await clients.ask('leave', { by: 'FIN' });
    await gateway.recorded({ 'client closed': sessions });
    fixture.saw(`${sessions} within ${seconds.toFixed(1)} s, ${(grown / sessions / 1_024).toFixed(1)} KiB RSS each`);
    fixture.saw(`CPU meanwhile ${percent(busy)}; ${others.counts.echo} of ${count} others served`);
    await fixture.over(gateway, neighbour);
  },
};
