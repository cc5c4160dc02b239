/** `npm run bench`: floatgate beside the naive forwarder and no forwarder at all. See README.md in this folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from './flags.ts';
import { forwarders, parseVariant } from './forwarders.ts';
import type { Children } from './process/children.ts';
import { floatgateMain, projectRoot, projectVersion } from './process/project.ts';
import { runToTheEnd } from './process/run-to-the-end.ts';
import { Progress } from './progress.ts';
import { chart } from './report/chart.ts';
import { thisMachine } from './report/machine.ts';
import type { Report, ScenarioReport } from './report/report.ts';
import { table } from './report/table.ts';
import { runRounds } from './rounds.ts';
import { scenarios } from './scenarios/all.ts';
import type { Scenario, Timing } from './scenarios/scenario.ts';

const help = `npm run bench -- [flags]

  --scenario NAME    only this one; may be given again: ${scenarios.map(({ name }) => name).join(', ')}
  --rounds N         rounds of which the median is taken (default 5)
  --quick            2 short rounds, to see that everything works; its figures mean nothing
  --warm-up MS       load before each measurement (default 800)
  --duration MS      how long each measurement takes (default 2000)
  --variant "NAME=COMMAND ..."
                     one more forwarder: {listen} and {target} become host:port; may be given again
  --floatgate FILE   another build's main.js (default dist/main.js)
  --results DIR      where JSON and SVG go (default bench/results)
  --help
`;

const full: Timing = { warmUp: 800, duration: 2_000 };
const quick: Timing = { warmUp: 200, duration: 400 };

async function bench(children: Children): Promise<number> {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      'warm-up': { type: 'string' },
      duration: { type: 'string' },
      variant: { type: 'string', multiple: true, default: [] },
      floatgate: { type: 'string' },
      results: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const chosen = choose(values.scenario);
  const usual = values.quick ? quick : full;
  const rounds = wholeNumber('--rounds', values.rounds ?? (values.quick ? '2' : '5'), 1, 100);
  const timing = {
    warmUp: wholeNumber('--warm-up', values['warm-up'] ?? String(usual.warmUp), 0, 60_000),
    duration: wholeNumber('--duration', values.duration ?? String(usual.duration), 100, 60_000),
  };
  const contenders = [...forwarders(floatgateMain(values.floatgate)), ...values.variant.map(parseVariant)];

  const progress = new Progress();
  const reports: ScenarioReport[] = [];
  for (const scenario of chosen) {
    reports.push(await runRounds(scenario, contenders, rounds, timing, children, progress));
  }
  progress.clear();

  const report: Report = {
    date: new Date().toISOString(),
    version: projectVersion(),
    machine: thisMachine(),
    rounds,
    timing,
    scenarios: reports,
  };
  process.stdout.write(table(report));
  const whole =
    chosen.length === scenarios.length &&
    rounds >= 5 &&
    timing.warmUp >= full.warmUp &&
    timing.duration >= full.duration &&
    values.floatgate === undefined;
  write(report, resolve(values.results ?? join(projectRoot(), 'bench', 'results')), whole ? 'bench' : 'bench-partial');
  return 0;
}

function choose(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return scenarios;
  const unknown = names.find((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    throw new Error(`Cannot run '${unknown}': the scenarios are ${scenarios.map(({ name }) => name).join(', ')}`);
  }
  return scenarios.filter(({ name }) => names.includes(name));
}

/** Only whole runs go where the published figures are; others beside them, under a name that git ignores. */
function write(report: Report, folder: string, name: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [extension, content] of [
    ['json', `${JSON.stringify(report, null, 2)}\n`],
    ['svg', chart(report)],
  ] as const) {
    const file = join(folder, `${name}.${extension}`);
    writeFileSync(file, content);
    process.stdout.write(`${relative(process.cwd(), file)}\n`);
  }
}

await runToTheEnd(bench);
