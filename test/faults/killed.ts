import { counted } from './counted.ts';
import type { Fault } from './fault.ts';
import { openTutorial } from './tutorial.ts';

/** kill -9, and a new start on the same ports at once. */
export const killed: Fault = {
  name: 'killed',
  title: '`kill -9` and start again on the same ports at once',
  load: '762 listeners, 500 sessions',
  expected: 'every connection ends; the new process has all ports at its first try, and every listener answers',
  needs: [],
  async run(fixture) {
    const sessions = fixture.pick({ ci: 100, full: 500 });
    const tutorial = await openTutorial(fixture);
    const first = await fixture.gateway({ args: tutorial.args });
    const clients = fixture.clients();
    const { listeners } = tutorial;
    await clients.ask('connect', { to: listeners, count: sessions });
    // All accepted and dialed, and what is passed on is passed on.
    const probe = fixture.clients();
    const params = { to: listeners, count: listeners.length, atOnce: 32, patience: 20_000 };
    const before = await probe.ask('attempt', params);
    fixture.check('every listener answers', before.counts.echo === listeners.length, before.counts);
    await first.kill();
    const killedAt = performance.now();
    const second = await fixture.gateway({ args: tutorial.args });
    const ready = performance.now() - killedAt;
    fixture.check('all 762 listeners are up again', second.ready.listeners === 762, second.ready.listeners);
    const neighbour = await fixture.neighbour(tutorial.quiet);
    const after = await probe.ask('attempt', params);
    fixture.check('every listener answers again', after.counts.echo === listeners.length, after.counts);
    const kept = await clients.ask('kept', null);
    fixture.check('every client saw the end', kept.open === undefined, kept);
    fixture.saw(
      `serves again ${Math.round(ready)} ms after the end; ${after.counts.echo} of ${listeners.length} answer`,
    );
    fixture.saw(`clients saw: ${counted(kept)}`);
    await fixture.over(second, neighbour);
  },
};
