import type { Job } from '../command-line.ts';
import { type Engine, floatgate } from '../forwarders/floatgate.ts';
import type { Forwarder, Program } from '../forwarders/forwarder.ts';
import type { Children } from '../process/children.ts';
import { projectRoot } from '../process/project.ts';
import { Progress } from '../progress.ts';
import { type Machine, thisMachine } from '../report/machine.ts';
import { type ScenarioReport, scenarioReport } from '../report/report.ts';
import { type RoundsOptions, runRounds } from '../rounds.ts';
import type { Scenario, Timing } from '../scenarios/scenario.ts';
import { type Build, findBuild } from './build.ts';

/** Everything that a run of two builds yields; this is what the JSON file holds. */
export interface AgainstReport {
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly timing: Timing;
  readonly builds: Readonly<Record<Side, Pick<Build, 'folder' | 'version'>>>;
  readonly pairs: readonly PairReport[];
}

/** One scenario through one engine of both builds; forwarders are named by their side. */
export interface PairReport extends ScenarioReport {
  readonly engine: Engine;
}

type Side = 'this' | 'other';

/** One forwarder of each build; the first is named `this`, the second `other`. */
type Pair = readonly [Forwarder, Forwarder];

/** This project's own build beside that of another folder. Throws WrongUsage where there is none. */
export async function measureAgainst(
  { folder, engines, scenarios, rounds, timing }: Extract<Job, { kind: 'against' }>,
  children: Children,
): Promise<AgainstReport> {
  const other = findBuild(folder);
  const builds = { this: findBuild(projectRoot()), other };
  const progress = new Progress();
  const forwarder = (side: Side, engine: Engine): Program => {
    const { entry, version } = builds[side];
    return { ...floatgate(entry, engine, version), name: side };
  };
  const pairs = await measurePairs(
    scenarios,
    engines,
    (engine) => [forwarder('this', engine), forwarder('other', engine)],
    { rounds, timing, failures: 'strict', children, progress },
  );
  progress.clear();
  const about = ({ folder, version }: Build) => ({ folder, version });
  return {
    date: new Date().toISOString(),
    machine: thisMachine(),
    rounds,
    timing,
    builds: { this: { ...about(builds.this), folder: '.' }, other: about(builds.other) },
    pairs,
  };
}

/**
 * Each scenario with each engine. The rounds hold two forwarders and no more: so each is the first in every other
 * round, and the two figures of a ratio follow each other at once.
 */
export async function measurePairs(
  scenarios: readonly Scenario[],
  engines: readonly Engine[],
  pairOf: (engine: Engine, scenario: Scenario) => Pair,
  options: RoundsOptions,
): Promise<PairReport[]> {
  const reports: PairReport[] = [];
  for (const scenario of scenarios) {
    for (const engine of engines) {
      const pair = pairOf(engine, scenario);
      const { samples } = await runRounds({ ...scenario, title: `${scenario.title}; ${engine}` }, pair, options);
      reports.push({ engine, ...scenarioReport(scenario, samples, pair[1].name) });
    }
  }
  return reports;
}
