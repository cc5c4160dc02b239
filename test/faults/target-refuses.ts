import { freeEndpoint } from '../../bench/process/free-port.ts';
import type { Fault } from './fault.ts';

/** Nobody listens at the target. */
export const targetRefuses: Fault = {
  name: 'target-refuses',
  title: 'target refuses',
  load: '2,000 clients, 50 at once',
  expected: 'each is reset at once and recorded as `refused`',
  needs: [],
  async run(fixture) {
    const count = fixture.pick({ ci: 200, full: 2_000 });
    const echo = await fixture.target({ kind: 'echo' });
    const { gateway, listeners } = await fixture.forwards([await freeEndpoint(), echo.at]);
    const neighbour = await fixture.neighbour(listeners[1]);
    const clients = fixture.clients();
    const seen = await clients.ask('attempt', { to: [listeners[0]], count, atOnce: 50, patience: 20_000 });
    fixture.check('every client was reset', seen.counts.ECONNRESET === count, seen.counts);
    await gateway.recorded({ refused: count });
    fixture.saw(`${count} resets, the slowest after ${Math.round(seen.longest)} ms`);
    await fixture.over(gateway, neighbour);
  },
};
