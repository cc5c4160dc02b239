import { Agent } from '../../bench/process/agent.ts';
import { cpuTime, totalOf } from '../../bench/process/proc.ts';
import type { FloodLoad } from './agents/flood-load.ts';
import type { Fault } from './fault.ts';
import { faultAgent } from './fault-agent.ts';
import { openTutorial } from './tutorial.ts';

const size = {
  ci: { first: 1_000, seconds: 2, rates: [1_000] },
  full: { first: 3_000, seconds: 10, rates: [1_000, 8_000] },
};
const listeners = 600;
/** The flood's own, so that it shares the limit of one source with no other client. */
const source = '127.0.0.66';
/** Milliseconds that a connection of the flood is held. */
const hold = 1_000;
/** Milliseconds of a neighbour's worst round trip, and of the median of new clients' first answers. */
const bound = { trip: 500, answer: 50 };

/** What one address may do with the defaults, and what it could do without a limit of its own. */
const limits = [
  { name: 'defaults', args: [] },
  { name: 'no limit of one source', args: ['--per-source-sessions', 'unlimited'] },
];

/** A flood that no single listener notices. */
export const listenersFlooded: Fault = {
  name: 'listeners-flooded',
  title: 'many listeners are flooded at once',
  load: '600 listeners, one source: 3,000 connections in a burst, then 1,000/s and 8,000/s; with its limit and without',
  expected: "a neighbour's worst round trip 0.5 s; at 1,000/s the median of new clients' first answer 50 ms",
  needs: ['descriptors', 'koffi'],
  async run(fixture) {
    const { first, seconds, rates } = fixture.pick(size);
    const tutorial = await openTutorial(fixture);
    const flooded = tutorial.listeners.slice(0, listeners);
    for (const { name, args } of fixture.pick({ ci: limits.slice(1), full: limits })) {
      const gateway = await fixture.gateway({ args: [...tutorial.args, '--log-level', 'warn', ...args] });
      const neighbour = await fixture.neighbour(tutorial.quiet, { pause: 1 });
      const flood = new Agent<FloodLoad>(fixture.children, faultAgent('flood-load'));
      const probe = fixture.clients();
      // Compilers warm up.
      await probe.ask('attempt', { to: flooded, count: 100, atOnce: 4, patience: 20_000 });
      for (const rate of rates) {
        await neighbour.look();
        const cpu = totalOf(cpuTime(gateway.pid));
        const load = { to: flooded, from: [source], attempts: first + rate * seconds, atOnce: 18_000, hold };
        const flooding = flood.ask('run', { ...load, first, perSecond: rate }, 120_000);
        const answers = await probe.ask('attempt', {
          to: flooded,
          count: 50 * seconds,
          atOnce: 50 * seconds,
          perSecond: 50,
          patience: 20_000,
        });
        const { connected, seconds: took } = await flooding;
        const { max } = await neighbour.look();
        const used = totalOf(cpuTime(gateway.pid)) - cpu;
        const what = `${name}, ${rate}/s`;
        // Without a limit of its own, one source may take all sessions at 8,000/s; others are served as they end.
        const all = rate === 1_000 || args.length === 0;
        const { echo = 0 } = answers.counts;
        const least = all ? 50 * seconds : 1;
        fixture.check(
          `${what}: ${all ? 'every new client is' : 'new clients are'} answered`,
          echo >= least,
          answers.counts,
        );
        fixture.checkFigure(`${what}: a neighbour's worst round trip, ms`, max <= bound.trip, max.toFixed(1));
        if (rate === 1_000)
          fixture.checkFigure(`${what}: median first answer, ms`, answers.median <= bound.answer, answers.median);
        fixture.saw(
          `${what}: ${connected} connected in ${took.toFixed(1)} s, ${used.toFixed(1)} s of CPU; ` +
            `a neighbour's worst round trip ${max.toFixed(1)} ms; ` +
            `first answers ${answers.median.toFixed(1)} ms, at most ${answers.longest.toFixed(0)} ms`,
        );
      }
      await fixture.over(gateway, neighbour);
    }
  },
};
