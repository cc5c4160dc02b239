import type { Job } from './command-line.ts';
import { admitting } from './forwarders/admitting.ts';
import { floatgate } from './forwarders/floatgate.ts';
import type { Forwarder } from './forwarders/forwarder.ts';
import { plainForwarders } from './forwarders/plain.ts';
import { findField } from './peers/field.ts';
import { runStartUp, startUp } from './peers/start-up-scenario.ts';
import type { Children } from './process/children.ts';
import { floatgateMain, projectVersion } from './process/project.ts';
import { openWorkshop } from './process/workshop.ts';
import { Progress } from './progress.ts';
import { admissionComparison, type Comparison, peerComparison, plainComparison } from './report/comparison.ts';
import { thisMachine } from './report/machine.ts';
import { type LeftOut, type Report, type ScenarioReport, scenarioReport } from './report/report.ts';
import { type RoundsOptions, runRounds } from './rounds.ts';
import { connections } from './scenarios/connections.ts';

type JobOf<K extends Job['kind']> = Extract<Job, { kind: K }>;

/** floatgate beside the naive forwarder and no forwarder at all. */
export async function measurePlain(job: JobOf<'plain'>, children: Children): Promise<Report> {
  const main = floatgateMain(job.floatgate);
  const forwarders = [...plainForwarders(main, projectVersion()), ...job.variants];
  const progress = new Progress();
  const options: RoundsOptions = { ...job, failures: 'strict', children, progress };
  const scenarios: ScenarioReport[] = [];
  for (const scenario of job.scenarios) {
    const { samples } = await runRounds(scenario, forwarders, options);
    scenarios.push(scenarioReport(scenario, samples, plainComparison.yardstick));
  }
  progress.clear();
  return report(job, plainComparison, forwarders, [], scenarios);
}

/** Both engines of floatgate beside what others use. */
export async function measurePeers(job: JobOf<'peers'>, children: Children): Promise<Report> {
  const main = floatgateMain(job.floatgate);
  const engines = ['splice', 'stream'] as const;
  const progress = new Progress();
  const options: RoundsOptions = { ...job, failures: 'lenient', children, progress };
  const workshop = openWorkshop(children);
  progress.show('making the peers ready');
  const field = await findField(job.peers, workshop, children);
  const own = engines.map((engine) => floatgate(main, engine, projectVersion()));
  const forwarders = [...own, ...field.forwarders, ...job.variants];
  const leftOut = [...field.leftOut];
  const scenarios: ScenarioReport[] = [];
  for (const scenario of job.scenarios.loads) {
    const result = await runRounds(scenario, forwarders, options);
    scenarios.push(scenarioReport(scenario, result.samples, peerComparison.yardstick));
    leftOut.push(...result.leftOut);
  }
  if (job.scenarios.startUp === 'measured') {
    const result = await runStartUp(main, engines, field.forwarders, options);
    scenarios.push(scenarioReport(startUp, result.samples, peerComparison.yardstick));
    leftOut.push(...result.leftOut);
  }
  progress.clear();
  return report(job, peerComparison, forwarders, leftOut, scenarios);
}

/** A connection with all of admission at work beside one without. */
export async function measureAdmitting(job: JobOf<'admission'>, children: Children): Promise<Report> {
  const main = floatgateMain(job.floatgate);
  const { folder } = openWorkshop(children);
  const forwarders = [
    floatgate(main, job.engine, projectVersion()),
    admitting(main, job.engine, projectVersion(), folder),
    ...job.variants,
  ];
  const progress = new Progress();
  const { samples } = await runRounds(connections, forwarders, { ...job, failures: 'strict', children, progress });
  progress.clear();
  const comparison = admissionComparison(job.engine);
  return report(job, comparison, forwarders, [], [scenarioReport(connections, samples, comparison.yardstick)]);
}

function report(
  { rounds, timing }: Pick<RoundsOptions, 'rounds' | 'timing'>,
  comparison: Comparison,
  forwarders: readonly Forwarder[],
  leftOut: readonly LeftOut[],
  scenarios: readonly ScenarioReport[],
): Report {
  const took = new Set(scenarios.flatMap((scenario) => scenario.forwarders.map(({ name }) => name)));
  return {
    date: new Date().toISOString(),
    version: projectVersion(),
    machine: thisMachine(),
    rounds,
    timing,
    comparison,
    measured: forwarders
      .filter(({ name }) => took.has(name))
      .map(({ name, version, remark }) => ({
        name,
        ...(version === undefined ? {} : { version }),
        ...(remark === undefined ? {} : { remark }),
      })),
    leftOut: gathered(leftOut),
    scenarios,
  };
}

/** One line for the same reason in several scenarios. */
function gathered(all: readonly LeftOut[]): LeftOut[] {
  const lines = new Map<string, LeftOut>();
  for (const one of all) {
    const key = `${one.name}: ${one.why}`;
    const before = lines.get(key)?.scenario;
    const scenario = [before, one.scenario].filter((name) => name !== undefined).join(', ');
    lines.set(key, scenario === '' ? one : { ...one, scenario });
  }
  return [...lines.values()];
}
