import type { FloodLoad } from '../agents/flood-load.ts';
import { Agent } from '../process/agent.ts';
import { cpuTime, totalOf } from '../process/proc.ts';
import { readable } from '../report/statistics.ts';
import type { Fault } from './fault.ts';
import { openTutorial } from './tutorial.ts';

const size = {
  // With fewer descriptors, so that the listener's share is used up here, too.
  ci: { attempts: 3_000, atOnce: 1_600, hold: 800, quiet: 500, descriptors: 3_000 },
  full: { attempts: 20_000, atOnce: 12_000, hold: 4_000, quiet: 10_000, descriptors: 20_000 },
};

/** One listener is flooded. */
export const listenerFlooded: Fault = {
  name: 'listener-flooded',
  title: 'one of 762 listeners is flooded',
  load: '20,000 attempts, at most 12,000 open at once, from two processes; default limits',
  expected: 'the others answer; p99 of a neighbour at most 5x of quiet',
  needs: ['descriptors', 'koffi'],
  async run(scene) {
    const { attempts, atOnce, hold, quiet, descriptors } = scene.pick(size);
    const tutorial = await openTutorial(scene);
    const gateway = await scene.gateway({ args: [...tutorial.args, '--log-level', 'warn'], descriptors });
    const neighbour = await scene.neighbour(tutorial.quiet, { pause: 1 });
    // Past the gateway: what the machine alone makes of it, as five processes want its cores.
    const direct = await scene.neighbour(tutorial.quietTarget, { name: 'without the gateway', pause: 1 });
    const [flooded, ...others] = tutorial.doors;
    if (flooded === undefined) throw new Error('Cannot go on: there is no listener to flood');
    const halves = [1, 2].map(() => new Agent<FloodLoad>(scene.children, 'flood-load'));
    const probe = scene.clients();
    const params = { to: others, count: others.length, atOnce: 4, patience: 20_000 };
    // Compilers and buffers warm up.
    await probe.ask('attempt', params);
    const looks = () => Promise.all([neighbour.look(), direct.look()]);
    await looks();
    await gateway.busy(quiet);
    const [before, directBefore] = await looks();

    const half = { to: flooded, attempts: attempts / 2, atOnce: atOnce / 2, hold };
    const cpu = totalOf(cpuTime(gateway.pid));
    const flood = Promise.all(halves.map((agent) => agent.ask('run', half, 120_000)));
    const answers = await probe.ask('attempt', params);
    const floods = await flood;
    const [during, directDuring] = await looks();
    scene.check('every other listener answers', answers.counts.echo === others.length, answers.counts);
    const ratio = during.p99 / before.p99;
    scene.checkFigure("p99 of a neighbour's round trip at most 5x of quiet", ratio <= 5, ratio.toFixed(2));
    const sum = (of: (counts: (typeof floods)[0]) => number) => floods.reduce((total, counts) => total + of(counts), 0);
    const peak = sum((counts) => counts.peak);
    const connected = sum((counts) => counts.connected);
    scene.check('the flood was one: the share of a listener used up', peak >= gateway.ready.limits.perListener, peak);
    const after = await probe.ask('attempt', { ...params, to: [flooded], count: 10 });
    scene.check('afterwards the flooded one answers', after.counts.echo === 10, after.counts);
    const spent = totalOf(cpuTime(gateway.pid)) - cpu;
    const seconds = Math.max(...floods.map((counts) => counts.seconds));
    scene.saw(
      `${readable(connected)} connected, ${readable(peak)} at once, in ${seconds.toFixed(1)} s; ${spent.toFixed(1)} s of CPU`,
    );
    scene.saw(
      `${answers.counts.echo} of ${others.length} others answer, the slowest after ${Math.round(answers.longest)} ms`,
    );
    scene.saw(`p99 ${before.p99.toFixed(2)} ms quiet, ${during.p99.toFixed(2)} ms flooded: ${ratio.toFixed(1)}x`);
    const directRatio = directDuring.p99 / directBefore.p99;
    scene.saw(
      `the same without the gateway ${directBefore.p99.toFixed(2)} and ${directDuring.p99.toFixed(2)} ms: ${directRatio.toFixed(1)}x`,
    );
    await scene.over(gateway, neighbour, direct);
  },
};
