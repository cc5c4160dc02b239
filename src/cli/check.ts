import { configJsonSchema } from '../config/json-schema.ts';
import { settings } from '../config/settings.ts';
import { admissionLines } from './admission-lines.ts';
import type { Command } from './command.ts';
import { type ReadPlan, readPlan } from './read-plan.ts';
import { refuse } from './refuse.ts';
import { count, engineLine, limitLines, servedLines } from './summary.ts';

export const check: Command = {
  name: 'check',
  positionals: '',
  summary: 'Validate a configuration (file, environment and flags) and tell every problem there is',
  settings,
  switches: [{ flag: 'schema', description: 'Print the JSON Schema of the configuration file, for editors' }],
  config: 'takes a file',
  examples: [
    ['check --config gateway.yaml', 'Every problem with its line and column'],
    ['check --schema > floatgate.schema.json', 'The JSON Schema, for an editor'],
  ],
  async run(given, io) {
    if (given.switches.has('schema')) {
      await io.stdout.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
      return 0;
    }
    const read = await readPlan('check', given, io);
    if (!read.ok) return await refuse(read.problems, io);
    await io.stdout.write(
      summary(read.value)
        .map((line) => `${line}\n`)
        .join(''),
    );
    return 0;
  },
};

function summary({ plan, engine }: ReadPlan): readonly string[] {
  if (plan === undefined) {
    return [
      'ok: the configuration is valid; its subnet, and so its ports, are known once the metadata service answers',
      `  ${engineLine(engine)}`,
    ];
  }
  return [
    `ok: the configuration is valid and makes ${count(plan.listeners.length, 'listener')}`,
    ...[...servedLines(plan), engineLine(engine), ...limitLines(plan), ...admissionLines(plan)].map(
      (line) => `  ${line}`,
    ),
    ...plan.notes,
  ];
}
