import type { Fault } from './fault.ts';
import { percent } from './percent.ts';

const sessions = 50;
const pause = 300;

/** The target sends a byte now and then. */
export const targetSendsSlowly: Fault = {
  name: 'target-sends-slowly',
  title: 'target is slow to send',
  load: '50 sessions, a byte every 300 ms for 30 s; `idle` 1 s',
  expected: 'every byte comes through, and no session is taken for idle',
  needs: [],
  async run(fixture) {
    const bytes = fixture.pick({ ci: 8, full: 100 });
    const echo = await fixture.target({ kind: 'echo' });
    const faulty = await fixture.target({ kind: 'send slowly', pause, bytes });
    const { gateway, listeners } = await fixture.forwards([faulty.at, echo.at], { args: ['--idle-timeout', '1s'] });
    const neighbour = await fixture.neighbour(listeners[1], { pause: 20 });
    const readings = fixture.clients().ask('read', { to: listeners[0], count: sessions, first: bytes + 1 });
    const busy = await gateway.busy(bytes * pause * 0.8);
    const right = (await readings).filter(
      (seen) => seen.bytes === bytes && seen.brokenAt === undefined && seen.end === 'FIN',
    ).length;
    fixture.check('every session had every byte and the end', right === sessions, await readings);
    await gateway.recorded({ 'target closed': sessions });
    fixture.saw(`${right} of ${sessions} sessions complete; CPU ${percent(busy)}`);
    await fixture.over(gateway, neighbour);
  },
};
