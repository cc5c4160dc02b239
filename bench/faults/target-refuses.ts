import { freeEndpoint } from '../process/free-port.ts';
import type { Fault } from './fault.ts';

/** Nobody listens at the target. */
export const targetRefuses: Fault = {
  name: 'target-refuses',
  title: 'target refuses',
  load: '2,000 clients, 50 at once',
  expected: 'each is reset at once and recorded as `refused`',
  needs: [],
  async run(scene) {
    const count = scene.pick({ ci: 200, full: 2_000 });
    const echo = await scene.target({ kind: 'echo' });
    const { gateway, doors } = await scene.forwards([await freeEndpoint(), echo.at]);
    const neighbour = await scene.neighbour(doors[1]);
    const clients = scene.clients();
    const seen = await clients.ask('attempt', { to: [doors[0]], count, atOnce: 50, patience: 20_000 });
    scene.check('every client was reset', seen.counts.ECONNRESET === count, seen.counts);
    await gateway.recorded({ refused: count });
    scene.saw(`${count} resets, the slowest after ${Math.round(seen.longest)} ms`);
    await scene.over(gateway, neighbour);
  },
};
