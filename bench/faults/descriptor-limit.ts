import type { StressLoad } from '../agents/stress-load.ts';
import { Agent } from '../process/agent.ts';
import type { Fault } from './fault.ts';
import { percent } from './percent.ts';
import { openTutorial } from './tutorial.ts';

const descriptors = 1_024;
/** Clients beyond the limit: what the smallest waiting room takes. */
const beyond = 16;

/** A hard limit of descriptors that 762 listeners alone nearly use up. */
export const descriptorLimit: Fault = {
  name: 'descriptor-limit',
  title: 'hard limit of 1,024 descriptors, 762 listeners',
  load: 'as many sessions as fit, and 16 clients more',
  expected: 'starts, says how many sessions fit; holds there with the CPU idle; who waits is served within 1 s of room',
  needs: [],
  async run(scene) {
    const tutorial = await openTutorial(scene);
    // All clients come from one address.
    const args = [...tutorial.args, '--per-source-sessions', '1000000'];
    const gateway = await scene.gateway({ args, descriptors });
    const { listeners, limits } = gateway.ready;
    scene.check('all 762 listeners are up', listeners === 762, listeners);
    const says = limits.explanation?.includes('1,024 descriptors') === true;
    scene.check('it says how many sessions fit, and why', limits.sessions > 0 && says, limits.explanation ?? '');
    const neighbour = await scene.neighbour(tutorial.quiet, { pause: 50 });
    const load = new Agent<StressLoad>(scene.children, 'stress-load');
    const { doors } = tutorial;
    const wanted = limits.sessions - 1;
    const filled = await load.ask('open', { doors, count: wanted });
    scene.check('every session up to the limit has its echo', filled.right === wanted, filled.failure ?? filled.right);
    await load.ask('queue', { doors, count: beyond });
    const busy = await gateway.busy(scene.pick({ ci: 500, full: 10_000 }));
    const { live } = await tutorial.targets.ask('counts', null);
    scene.check('not one session above the limit', live === wanted, live);
    scene.check('it does not spin', busy < 0.5, percent(busy));
    scene.checkFigure('the CPU is idle: less than 5 %', busy < 0.05, percent(busy));
    const proofs = await load.ask('proveAll', null);
    scene.check('every session has another echo', proofs.right === wanted, proofs.failure ?? proofs.right);
    const swapped = await load.ask('swap', null);
    scene.check('who waited is served', swapped.right === beyond, swapped.failure ?? swapped.right);
    scene.checkFigure('within 1 s', swapped.seconds <= 1, swapped.seconds);
    await load.ask('close', null);
    scene.saw(`${limits.sessions} sessions; ${percent(busy)} CPU at the limit`);
    scene.saw(`the ${beyond} that waited served within ${Math.round(swapped.seconds * 1_000)} ms`);
    await scene.over(gateway, neighbour);
  },
};
