import { parseArgs } from 'node:util';
import { wholeNumber } from './flags.ts';
import type { Engine } from './forwarders/floatgate.ts';
import type { Program } from './forwarders/forwarder.ts';
import { parseVariant } from './forwarders/variant.ts';
import { peerNames } from './peers/field.ts';
import { startUp } from './peers/start-up-scenario.ts';
import { peerScenarios, plainScenarios } from './scenarios/all.ts';
import type { Scenario, Timing } from './scenarios/scenario.ts';

const names = (scenarios: readonly { readonly name: string }[]): string => scenarios.map(({ name }) => name).join(', ');

export const help = `npm run bench -- [flags]

  --scenario NAME    only this one; may be given again: ${names(plainScenarios)}
  --rounds N         rounds of which the median is taken (default 5; with --peers 7)
  --quick            2 short rounds, to see that everything works; its figures mean nothing
  --warm-up MS       load before each measurement (default 800)
  --duration MS      how long each measurement takes (default 2000; with --peers 1500, with --profile 5000)
  --variant "NAME=COMMAND ..."
                     one more forwarder: {listen} and {target} become host:port; may be given again
  --floatgate FILE   another build's floatgate.cjs (default dist/floatgate.cjs)
  --results DIR      where JSON and SVG go (default bench/results)
  --help

Against the field: HAProxy, nginx stream, Go io.Copy, socat, rinetd and the kernel's DNAT, whichever are here
  --peers            both engines of floatgate beside them; more scenarios: connections-logged, ${startUp.name}
  --peer NAME        only this one beside floatgate; may be given again: ${peerNames.join(', ')}

What admission costs
  --admission        the decision by itself, and a connection with all of admission at work beside one without;
                     --engine NAME chooses the engine (default splice)

Two builds of floatgate in turn
  --against FOLDER   this project's own build beside that of FOLDER, a checkout or an installed package (7 rounds);
                     both engines, or the one of --engine; writes DIR/against.json with --results DIR only

Looking inside floatgate, one --scenario at a time
  --profile          a CPU profile of the window, and the functions that took most of it
  --syscalls         system calls per unit of work, counted with strace(1)
  --engine NAME      splice or stream (default stream; with --admission splice, with --against both)
`;

/** What was asked for. */
export type Job =
  | { readonly kind: 'help' }
  | ({ readonly kind: 'plain'; readonly whole: boolean; readonly scenarios: readonly Scenario[] } & Run)
  | ({
      readonly kind: 'peers';
      readonly whole: boolean;
      readonly scenarios: PeerScenarios;
      readonly peers: readonly string[];
    } & Run)
  | ({ readonly kind: 'admission'; readonly whole: boolean; readonly engine: Engine } & Run)
  | ({
      readonly kind: 'against';
      /** Of the other build, as given. */
      readonly folder: string;
      readonly engines: readonly Engine[];
      readonly scenarios: readonly Scenario[];
    } & Run)
  | ({ readonly kind: 'profile' | 'syscalls'; readonly scenario: Scenario; readonly engine: Engine } & Run);

interface Run {
  readonly rounds: number;
  readonly timing: Timing;
  readonly variants: readonly Program[];
  /** As given to --floatgate and --results. */
  readonly floatgate: string | undefined;
  readonly results: string | undefined;
}

/** Those that put a load on, and whether the one without is among them. */
interface PeerScenarios {
  readonly loads: readonly Scenario[];
  readonly startUp: 'measured' | 'not asked for';
}

const bothEngines: readonly Engine[] = ['splice', 'stream'];
const quick: Timing = { warmUp: 200, duration: 400 };
const usual = {
  plain: { rounds: 5, warmUp: 800, duration: 2_000 },
  peers: { rounds: 7, warmUp: 800, duration: 1_500 },
  admission: { rounds: 7, warmUp: 800, duration: 2_000 },
  against: { rounds: 7, warmUp: 800, duration: 2_000 },
  profile: { rounds: 1, warmUp: 1_500, duration: 5_000 },
  syscalls: { rounds: 1, warmUp: 800, duration: 2_000 },
};

/** Throws on what cannot be done. */
export function parseCommandLine(args: readonly string[]): Job {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      'warm-up': { type: 'string' },
      duration: { type: 'string' },
      variant: { type: 'string', multiple: true, default: [] },
      floatgate: { type: 'string' },
      results: { type: 'string' },
      peers: { type: 'boolean', default: false },
      peer: { type: 'string', multiple: true, default: [] },
      admission: { type: 'boolean', default: false },
      against: { type: 'string' },
      profile: { type: 'boolean', default: false },
      syscalls: { type: 'boolean', default: false },
      engine: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { kind: 'help' };
  const kinds = (['profile', 'syscalls', 'peers', 'admission', 'against'] as const).filter(
    (kind) => values[kind] !== undefined && values[kind] !== false,
  );
  if (kinds.length > 1) throw new Error(`Cannot do --${kinds.join(' and --')} in one run: give one of them`);
  const kind = kinds[0] ?? (values.peer.length > 0 ? 'peers' : 'plain');
  const standard = usual[kind];
  const base = values.quick ? { rounds: Math.min(2, standard.rounds), ...quick } : standard;
  const run: Run = {
    rounds: wholeNumber('--rounds', values.rounds ?? String(base.rounds), 1, 100),
    timing: {
      warmUp: wholeNumber('--warm-up', values['warm-up'] ?? String(base.warmUp), 0, 60_000),
      duration: wholeNumber('--duration', values.duration ?? String(base.duration), 100, 60_000),
    },
    variants: values.variant.map(parseVariant),
    floatgate: values.floatgate,
    results: values.results,
  };
  const whole =
    values.scenario.length === 0 &&
    values.peer.length === 0 &&
    values.floatgate === undefined &&
    run.rounds >= standard.rounds &&
    run.timing.warmUp >= standard.warmUp &&
    run.timing.duration >= standard.duration;
  switch (kind) {
    case 'plain':
      return { kind, whole, scenarios: choose(values.scenario, plainScenarios), ...run };
    case 'peers': {
      const unknown = values.peer.find((name) => !peerNames.includes(name));
      if (unknown !== undefined) throw new Error(`Cannot find '${unknown}': the peers are ${peerNames.join(', ')}`);
      return { kind, whole, scenarios: choosePeerScenarios(values.scenario), peers: values.peer, ...run };
    }
    case 'admission':
      return { kind, whole, engine: parseEngine(values.engine ?? 'splice'), ...run };
    case 'against': {
      const folder = values.against ?? '';
      if (folder === '') throw new Error('Cannot compare two builds: --against needs the folder of the other one');
      const unfit = (['peer', 'variant', 'floatgate'] as const).find((flag) => (values[flag] ?? []).length > 0);
      if (unfit !== undefined) {
        throw new Error(`Cannot take --${unfit} with --against: it compares this project's own build with one other`);
      }
      const engines = values.engine === undefined ? bothEngines : [parseEngine(values.engine)];
      return { kind, folder, engines, scenarios: choose(values.scenario, peerScenarios), ...run };
    }
    case 'profile':
    case 'syscalls': {
      const [scenario, ...more] = choose(values.scenario, peerScenarios);
      if (scenario === undefined || more.length > 0)
        throw new Error(`Cannot do --${kind} of several: give one --scenario`);
      return { kind, scenario, engine: parseEngine(values.engine ?? 'stream'), ...run };
    }
  }
}

function choosePeerScenarios(given: readonly string[]): PeerScenarios {
  if (given.length === 0) return { loads: peerScenarios, startUp: 'measured' };
  const chosen = choose(given, [...peerScenarios, startUp]);
  return {
    loads: peerScenarios.filter((scenario) => chosen.includes(scenario)),
    startUp: chosen.includes(startUp) ? 'measured' : 'not asked for',
  };
}

function choose<S extends { readonly name: string }>(given: readonly string[], all: readonly S[]): readonly S[] {
  if (given.length === 0) return all;
  const unknown = given.find((wanted) => !all.some(({ name }) => name === wanted));
  if (unknown !== undefined) throw new Error(`Cannot run '${unknown}': the scenarios are ${names(all)}`);
  return all.filter(({ name }) => given.includes(name));
}

function parseEngine(given: string): Engine {
  if (given === 'splice' || given === 'stream') return given;
  throw new Error(`Cannot take --engine ${given}: it is splice or stream`);
}
