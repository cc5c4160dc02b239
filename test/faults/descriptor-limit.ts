import type { StressLoad } from '../../bench/agents/stress-load.ts';
import { Agent } from '../../bench/process/agent.ts';
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
  expected:
    'starts, shows how many sessions fit; holds there with an idle CPU; waiting clients are served within 1 s of room',
  needs: [],
  async run(fixture) {
    const tutorial = await openTutorial(fixture);
    // All clients come from one address.
    const args = [...tutorial.args, '--per-source-sessions', '1000000'];
    const gateway = await fixture.gateway({ args, descriptors });
    const { limits } = gateway.ready;
    fixture.check('all 762 listeners are up', gateway.ready.listeners === 762, gateway.ready.listeners);
    const explained = limits.explanation?.includes('1,024 descriptors') === true;
    fixture.check(
      'it shows how many sessions fit, and why',
      limits.sessions > 0 && explained,
      limits.explanation ?? '',
    );
    const neighbour = await fixture.neighbour(tutorial.quiet, { pause: 50 });
    const load = new Agent<StressLoad>(fixture.children, 'stress-load');
    const { listeners } = tutorial;
    const wanted = limits.sessions - 1;
    const filled = await load.ask('open', { listeners, count: wanted });
    fixture.check(
      'every session up to the limit has its echo',
      filled.right === wanted,
      filled.failure ?? filled.right,
    );
    await load.ask('queue', { listeners, count: beyond });
    const busy = await gateway.busy(fixture.pick({ ci: 500, full: 10_000 }));
    const { live } = await tutorial.targets.ask('counts', null);
    fixture.check('not one session above the limit', live === wanted, live);
    fixture.check('it does not spin', busy < 0.5, percent(busy));
    fixture.checkFigure('the CPU is idle: less than 5 %', busy < 0.05, percent(busy));
    const proofs = await load.ask('proveAll', null);
    fixture.check('every session has another echo', proofs.right === wanted, proofs.failure ?? proofs.right);
    const swapped = await load.ask('swap', null);
    fixture.check('who waited is served', swapped.right === beyond, swapped.failure ?? swapped.right);
    fixture.checkFigure('within 1 s', swapped.seconds <= 1, swapped.seconds);
    await load.ask('close', null);
    fixture.saw(`${limits.sessions} sessions; ${percent(busy)} CPU at the limit`);
    fixture.saw(`the ${beyond} that waited served within ${Math.round(swapped.seconds * 1_000)} ms`);
    await fixture.over(gateway, neighbour);
  },
};
