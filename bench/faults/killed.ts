import { counted } from './counted.ts';
import type { Fault } from './fault.ts';
import { openTutorial } from './tutorial.ts';

/** kill -9, and a new start on the same ports at once. */
export const killed: Fault = {
  name: 'killed',
  title: '`kill -9` and start again on the same ports at once',
  load: '762 listeners, 500 sessions',
  expected: 'every client is told; the new process has all ports at its first try, and every listener answers',
  needs: [],
  async run(scene) {
    const sessions = scene.pick({ ci: 100, full: 500 });
    const tutorial = await openTutorial(scene);
    const first = await scene.gateway({ args: tutorial.args });
    const clients = scene.clients();
    const { doors } = tutorial;
    await clients.ask('connect', { to: doors, count: sessions });
    // All accepted and dialed, and what is passed on is passed on.
    const probe = scene.clients();
    const params = { to: doors, count: doors.length, atOnce: 32, patience: 20_000 };
    const before = await probe.ask('attempt', params);
    scene.check('every listener answers', before.counts.echo === doors.length, before.counts);
    await first.kill();
    const killedAt = performance.now();
    const second = await scene.gateway({ args: tutorial.args });
    const ready = performance.now() - killedAt;
    scene.check('all 762 listeners are up again', second.ready.listeners === 762, second.ready.listeners);
    const neighbour = await scene.neighbour(tutorial.quiet);
    const after = await probe.ask('attempt', params);
    scene.check('every listener answers again', after.counts.echo === doors.length, after.counts);
    const kept = await clients.ask('kept', null);
    scene.check('every client was told', kept.open === undefined, kept);
    scene.saw(`serves again ${Math.round(ready)} ms after the end; ${after.counts.echo} of ${doors.length} answer`);
    scene.saw(`clients told: ${counted(kept)}`);
    await scene.over(second, neighbour);
  },
};
