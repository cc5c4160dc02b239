import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { projectRoot } from '../process/project.ts';
import { chart } from './chart.ts';
import type { Report } from './report.ts';
import { table } from './table.ts';

/** Prints the table, and writes JSON and chart as `name` into the folder that was given, or bench/results. */
export function writeReport(report: Report, given: string | undefined, name: string): void {
  process.stdout.write(table(report));
  const folder = resolve(given ?? join(projectRoot(), 'bench', 'results'));
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
