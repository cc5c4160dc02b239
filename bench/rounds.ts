import type { Forwarder } from './forwarders/forwarder.ts';
import { CannotStart, start } from './forwarders/start.ts';
import type { Children } from './process/children.ts';
import { loopback, type Stage } from './process/stage.ts';
import type { Progress } from './progress.ts';
import type { LeftOut } from './report/report.ts';
import type { Measurement, Sample, Scenario, ScenarioRun, Timing } from './scenarios/scenario.ts';

/** A forwarder that fails ends a `strict` run. A `lenient` run leaves it out, unless a subject moved wrong bytes. */
type Failures = 'strict' | 'lenient';

export interface RoundsOptions {
  readonly rounds: number;
  readonly timing: Timing;
  readonly failures: Failures;
  readonly children: Children;
  readonly progress: Progress;
}

export interface RoundsResult {
  /** By forwarder, one for each round; of those only that went through all of them. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  readonly leftOut: readonly LeftOut[];
}

/**
 * Runs one scenario: in each round every forwarder is measured once, in a fresh process, and each round begins with
 * another one, so that drift of the machine and the order fall on all of them alike.
 */
export async function runRounds(
  scenario: Scenario,
  forwarders: readonly Forwarder[],
  { rounds, timing, failures, children, progress }: RoundsOptions,
): Promise<RoundsResult> {
  const leftOut: LeftOut[] = [];
  let taking = forwarders.filter((forwarder) => {
    const why = forwarder.unfit?.[scenario.name];
    if (why !== undefined) leftOut.push({ name: forwarder.name, scenario: scenario.name, why });
    return why === undefined && canTakePart(forwarder, scenario);
  });
  const samples = new Map<string, Sample[]>(taking.map(({ name }) => [name, []]));
  const stages = new StageRuns(scenario, timing, loopback(children));

  for (let round = 0; round < rounds; round += 1) {
    const first = round % Math.max(1, taking.length);
    for (const forwarder of [...taking.slice(first), ...taking.slice(0, first)]) {
      progress.show(`${scenario.title}: round ${round + 1} of ${rounds}, ${forwarder.name}`);
      try {
        const { sample } = await measureOnce(scenario, forwarder, await stages.of(forwarder), children);
        samples.get(forwarder.name)?.push(sample);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (!mayBeLeftOut(forwarder, error, failures)) {
          throw new Error(`${scenario.title}, ${forwarder.name}: ${why}`, { cause: error });
        }
        leftOut.push({ name: forwarder.name, scenario: scenario.name, why });
        taking = taking.filter((other) => other !== forwarder);
        samples.delete(forwarder.name);
        // Load and target may still be in the middle of what failed.
        await stages.stop(forwarder);
      }
    }
  }
  await stages.stopAll();
  return { samples, leftOut };
}

/** One measurement of a forwarder in a process of its own. */
export async function measureOnce(
  { logs }: Scenario,
  forwarder: Forwarder,
  run: ScenarioRun,
  children: Children,
): Promise<Measurement> {
  const running = await start(forwarder, { target: run.target, logs }, children);
  try {
    return await run.measure(running, forwarder.mostSessions ?? Number.POSITIVE_INFINITY);
  } finally {
    await running.stop();
  }
}

function canTakePart(forwarder: Forwarder, { figures, logs }: Scenario): boolean {
  if (logs === 'a line each') return forwarder.kind === 'program' && forwarder.commandThatLogs !== undefined;
  return forwarder.kind === 'program' || figures.some(({ of }) => of === 'path');
}

function mayBeLeftOut({ role }: Forwarder, error: unknown, failures: Failures): boolean {
  if (failures === 'strict') return false;
  return role === 'other' || error instanceof CannotStart;
}

/** The load and the target of one scenario on each stage that is needed; started when first asked for. */
class StageRuns {
  readonly #runs = new Map<Stage, Promise<ScenarioRun>>();
  readonly #scenario: Scenario;
  readonly #timing: Timing;
  readonly #usual: Stage;

  constructor(scenario: Scenario, timing: Timing, usual: Stage) {
    this.#scenario = scenario;
    this.#timing = timing;
    this.#usual = usual;
  }

  of(forwarder: Forwarder): Promise<ScenarioRun> {
    const stage = this.#stageOf(forwarder);
    const run = this.#runs.get(stage) ?? this.#scenario.start(stage, this.#timing);
    this.#runs.set(stage, run);
    return run;
  }

  async stop(forwarder: Forwarder): Promise<void> {
    const stage = this.#stageOf(forwarder);
    const run = this.#runs.get(stage);
    this.#runs.delete(stage);
    await (await run)?.stop();
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#runs.values()].map(async (run) => (await run).stop()));
  }

  #stageOf(forwarder: Forwarder): Stage {
    return forwarder.kind === 'kernel' ? forwarder.stage : this.#usual;
  }
}
