import { until } from '../helpers/until.ts';
import type { Fault } from './fault.ts';

const size = {
  ci: { connections: 1_000, descriptors: 1_600, others: 60 },
  full: { connections: 10_500, descriptors: 20_000, others: 1_000 },
};
/** The address that all silent clients come from. */
const source = '127.0.0.77';

/** One address takes all that it can get, by default limits. */
export const oneSource: Fault = {
  name: 'one-source',
  title: '10,500 silent connections from one address',
  load: '10,500 clients from one address over three listeners, which never send a byte; default limits',
  expected: 'it has an eighth of all sessions; others are served meanwhile, at once',
  needs: ['descriptors'],
  async run(fixture) {
    const { connections, descriptors, others } = fixture.pick(size);
    const target = await fixture.target({ kind: 'echo' });
    const { gateway, listeners } = await fixture.forwards([target.at, target.at, target.at], { descriptors });
    const share = Math.max(64, Math.floor(gateway.ready.limits.sessions / 8));
    const flood = fixture.clients();
    await flood.ask('connect', { to: listeners, count: connections, from: source });
    const kept = await until('all beyond its share reset', async () => {
      const counts = await flood.ask('kept', null);
      return counts.open === share ? counts : undefined;
    }).catch(() => flood.ask('kept', null));
    fixture.check('it has an eighth of all sessions', kept.open === share, kept);
    const probe = fixture.clients();
    const seen = await probe.ask('attempt', { to: listeners, count: others, atOnce: 4, patience: 10_000 });
    fixture.check('others are served', seen.counts.echo === others, seen.counts);
    fixture.check('at once', seen.longest < 5_000, Math.round(seen.longest));
    fixture.checkFigure('within 250 ms', seen.longest < 250, Math.round(seen.longest));
    await gateway.logged('the clients denied', ({ cause }) => cause === 'source sessions');
    fixture.saw(`${kept.open} of ${connections} stay, of ${gateway.ready.limits.sessions} sessions`);
    fixture.saw(`${seen.counts.echo} of ${others} others served, the slowest after ${Math.round(seen.longest)} ms`);
    await flood.ask('leave', { by: 'reset' });
    await gateway.empty();
    await flood.ask('connect', { to: listeners, count: 1, from: source });
    await until('the source let in again', async () => (await target.agent.ask('counts', null)).live === 1);
    await flood.ask('leave', { by: 'FIN' });
    await fixture.over(gateway);
  },
};
