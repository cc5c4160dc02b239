import { Agent } from '../../bench/process/agent.ts';
import { cpuTime, totalOf } from '../../bench/process/proc.ts';
import { readable, summarise } from '../../bench/report/statistics.ts';
import type { Outcomes } from './agents/fault-clients.ts';
import type { FloodLoad } from './agents/flood-load.ts';
import type { Fault } from './fault.ts';
import { faultAgent } from './fault-agent.ts';
import { percent } from './percent.ts';
import { openTutorial } from './tutorial.ts';

const size = {
  // With fewer descriptors, so that the listener's share is used up here, too.
  ci: { attempts: 3_000, atOnce: 1_600, hold: 800, quiet: 500, descriptors: 3_000, rounds: 1 },
  full: { attempts: 20_000, atOnce: 12_000, hold: 4_000, quiet: 5_000, descriptors: 20_000, rounds: 5 },
};

/** Addresses that a flood comes from: too many for the limit of one source to hold it. */
const sources = Array.from({ length: 64 }, (_, n) => `127.0.1.${n + 1}`);

/** What one flood came to. */
interface Round {
  readonly answers: Outcomes;
  readonly connected: number;
  /** Most that were open at once. */
  readonly peak: number;
  readonly seconds: number;
  /** Seconds of the gateway's. */
  readonly cpu: number;
  /** Of the neighbour and past the gateway: p99 before, p99 during the flood. */
  readonly trips: Change;
  readonly direct: Change;
}

interface Change {
  readonly quiet: number;
  readonly flooded: number;
}

/** One listener is flooded: a gateway, and one flood after the other. */
export const listenerFlooded: Fault = {
  name: 'listener-flooded',
  title: 'one of 762 listeners is flooded',
  load: '20,000 attempts, at most 12,000 open at once, from two processes and 64 addresses; default limits; five times',
  expected:
    'the others answer, no byte is lost, no spin; splice: p99 of a neighbour at most 5x of quiet (median of five)',
  needs: ['descriptors', 'koffi'],
  async run(fixture) {
    const { attempts, atOnce, hold, quiet, descriptors, rounds } = fixture.pick(size);
    const tutorial = await openTutorial(fixture);
    // With few descriptors the probe's own share is small, and sessions that it has reset may be in it for a while yet.
    const lifted = fixture.pick({ ci: ['--per-source-sessions', '1000000'], full: [] });
    const args = [...tutorial.args, '--log-level', 'warn', ...lifted];
    const gateway = await fixture.gateway({ args, descriptors });
    const neighbour = await fixture.neighbour(tutorial.quiet, { pause: 1 });
    // Past the gateway: what the machine alone makes of it, as five processes want its cores.
    const direct = await fixture.neighbour(tutorial.quietTarget, { name: 'without the gateway', pause: 1 });
    const [flooded, ...others] = tutorial.listeners;
    if (flooded === undefined) throw new Error('Cannot go on: there is no listener to flood');
    const halves = [1, 2].map(() => new Agent<FloodLoad>(fixture.children, faultAgent('flood-load')));
    const probe = fixture.clients();
    const params = { to: others, count: others.length, atOnce: 4, patience: 20_000 };
    // Compilers and buffers warm up.
    await probe.ask('attempt', params);
    const looks = () => Promise.all([neighbour.look(), direct.look()]);
    const half = { to: flooded, from: sources, attempts: attempts / 2, atOnce: atOnce / 2, hold };

    const flood = async (): Promise<Round> => {
      await looks();
      await gateway.busy(quiet);
      const before = await looks();
      const cpu = totalOf(cpuTime(gateway.pid));
      const flooding = Promise.all(halves.map((agent) => agent.ask('run', half, 120_000)));
      const answers = await probe.ask('attempt', params);
      const floods = await flooding;
      const during = await looks();
      const used = totalOf(cpuTime(gateway.pid)) - cpu;
      const after = await probe.ask('attempt', { ...params, to: [flooded], count: 10 });
      const denied = gateway.log
        .lines()
        .flatMap(({ cause, clients }) => (cause === undefined ? [] : [{ cause, clients }]));
      fixture.check('every other listener answers', answers.counts.echo === others.length, {
        ...answers.counts,
        denied,
      });
      fixture.check('afterwards the flooded one answers', after.counts.echo === 10, after.counts);
      const sum = (of: (counts: (typeof floods)[0]) => number) => floods.reduce((total, one) => total + of(one), 0);
      const peak = sum((counts) => counts.peak);
      fixture.check(
        'the flood was one: the share of a listener used up',
        peak >= gateway.ready.limits.perListener,
        peak,
      );
      return {
        answers,
        connected: sum((counts) => counts.connected),
        peak,
        seconds: Math.max(...floods.map(({ seconds }) => seconds)),
        cpu: used,
        trips: { quiet: before[0].p99, flooded: during[0].p99 },
        direct: { quiet: before[1].p99, flooded: during[1].p99 },
      };
    };

    const seen: Round[] = [];
    for (let round = 0; round < rounds; round += 1) seen.push(await flood());
    const busy = await gateway.busy(quiet);
    fixture.check('it does not spin afterwards', busy < 0.5, percent(busy));
    const each = (of: (round: Round) => number): string => seen.map((round) => readable(of(round))).join(', ');
    const most = (of: (round: Round) => number): number => Math.max(...seen.map(of));
    const ratio = median(seen.map(({ trips }) => ratioOf(trips)));
    // Under a flood the stream engine promises correctness alone.
    if (fixture.engine === 'splice') {
      fixture.checkFigure("p99 of a neighbour's round trip at most 5x of quiet", ratio <= 5, ratio.toFixed(2));
    }
    const peak = readable(most((round) => round.peak));
    fixture.saw(
      `${each(({ connected }) => connected)} connected, at most ${peak} at once; ${each(({ cpu }) => cpu)} s of CPU`,
    );
    const echoes = seen.map(({ answers }) => answers.counts.echo).join(', ');
    const longest = Math.round(most(({ answers }) => answers.longest));
    fixture.saw(`${echoes} of ${others.length} others answer, the slowest after ${longest} ms`);
    fixture.saw(`p99 ${changeOf(seen.map(({ trips }) => trips))}`);
    fixture.saw(`the same without the gateway ${changeOf(seen.map((round) => round.direct))}`);
    await fixture.over(gateway, neighbour, direct);
  },
};

const ratioOf = ({ quiet, flooded }: Change): number => flooded / quiet;

const median = (values: readonly number[]): number => summarise(values)?.median ?? Number.NaN;

/** `0.85 ms quiet, 3.68 ms flooded: 4.3x (3.9x, 4.3x, 5.1x)`, medians and then each. */
function changeOf(changes: readonly Change[]): string {
  const [quiet, flooded] = [median(changes.map((one) => one.quiet)), median(changes.map((one) => one.flooded))];
  const each = changes.map((one) => `${ratioOf(one).toFixed(1)}x`).join(', ');
  const all = changes.length > 1 ? ` (${each})` : '';
  const ratio = median(changes.map(ratioOf)).toFixed(1);
  return `${quiet.toFixed(2)} ms quiet, ${flooded.toFixed(2)} ms flooded: ${ratio}x${all}`;
}
