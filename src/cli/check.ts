import { count } from '../base/count.ts';
import { threadPoolNotes } from '../base/thread-pool.ts';
import { wrapLine } from '../base/wrap-line.ts';
import { configJsonSchema } from '../config/json-schema.ts';
import { settings } from '../config/settings.ts';
import { buildPlan, findProblems } from '../plan/build-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { planEngine } from '../plan/plan-engine.ts';
import { admissionLines } from './admission-lines.ts';
import { type Command, configFlag, subnetFlags } from './command.ts';
import type { Io } from './io.ts';
import { logFileProblems } from './open-log.ts';
import { textWidth } from './print-messages.ts';
import { readSources } from './read-sources.ts';
import { refuse } from './refuse.ts';
import { engineLine, labelWidth, limitLines, servedLines } from './summary.ts';

export const check: Command = {
  name: 'check',
  positionals: '',
  brief: 'Show every problem of a configuration',
  summary: 'Validate a configuration (file, environment and flags) and show every problem there is',
  settings,
  switches: [{ flag: 'schema', description: 'Print the JSON Schema of the configuration file, for editors' }],
  config: 'takes a file',
  common: [...subnetFlags, configFlag, ['--schema', 'Print the JSON Schema of the file, for editors']],
  examples: [
    ['check --config gateway.yaml', 'Every problem, in its place'],
    ['check --schema > schema.json', 'The JSON Schema, for an editor'],
  ],
  async run(given, io) {
    if (given.switches.has('schema')) {
      await io.stdout.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
      return 0;
    }
    const read = await readSources('check', given, io);
    if (!read.ok) return await refuse(read.problems, io);
    const { loaded, facts } = read.value;
    const problems = [...findProblems(loaded, facts), ...logFileProblems(loaded)];
    if (problems.length > 0) return await refuse(problems, io);
    if (loaded.config.gateway?.subnet === 'metadata') {
      await printLines(
        [
          'ok: the configuration is valid; its subnet, and so its ports, are known once the metadata service answers',
          `  ${engineLine(planEngine(loaded, facts).engine)}`,
        ],
        io,
      );
      return 0;
    }
    const plan = buildPlan(loaded, facts);
    if (!plan.ok) return await refuse(plan.problems, io);
    await printLines(summary(plan.value), io);
    return 0;
  },
};

/** Rows hang below their text, behind the label. */
async function printLines(lines: readonly string[], { stdout }: Io): Promise<void> {
  const width = textWidth(stdout);
  const hang = (line: string) => ' '.repeat(line.startsWith('  ') ? labelWidth + 2 : 2);
  const wrapped = lines.flatMap((line) => wrapLine(line, width, hang(line)));
  await stdout.write(wrapped.map((line) => `${line}\n`).join(''));
}

function summary(plan: Plan): readonly string[] {
  return [
    `ok: the configuration is valid and makes ${count(plan.listeners.length, 'listener')}`,
    ...[...servedLines(plan), engineLine(plan.engine), ...limitLines(plan), ...admissionLines(plan)].map(
      (line) => `  ${line}`,
    ),
    ...plan.notes,
    ...threadPoolNotes(),
  ];
}
