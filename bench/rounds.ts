import { type Forwarder, start } from './forwarders.ts';
import type { Children } from './process/children.ts';
import type { Progress } from './progress.ts';
import { type ScenarioReport, scenarioReport } from './report/report.ts';
import type { Sample, Scenario, Timing } from './scenarios/scenario.ts';

/**
 * Runs one scenario: in each round every forwarder is measured once, in a fresh process, and each round begins with
 * another one, so that drift of the machine and the order fall on all of them alike.
 */
export async function runRounds(
  scenario: Scenario,
  forwarders: readonly Forwarder[],
  rounds: number,
  timing: Timing,
  children: Children,
  progress: Progress,
): Promise<ScenarioReport> {
  const samples = new Map<string, Sample[]>(forwarders.map(({ name }) => [name, []]));
  const measured = forwarders.filter(
    ({ command }) => command !== undefined || scenario.figures.some(({ of }) => of === 'path'),
  );
  const run = await scenario.start(children, timing);
  for (let round = 0; round < rounds; round += 1) {
    const first = round % measured.length;
    for (const forwarder of [...measured.slice(first), ...measured.slice(0, first)]) {
      progress.say(`${scenario.title}: round ${round + 1} of ${rounds}, ${forwarder.name}`);
      const running = await start(forwarder, run.target, children);
      try {
        samples.get(forwarder.name)?.push(await run.measure(running.at, running.pid));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${scenario.title}, ${forwarder.name}: ${reason}`, { cause: error });
      } finally {
        await running.stop();
      }
    }
  }
  await run.stop();
  return scenarioReport(scenario, forwarders, samples);
}
