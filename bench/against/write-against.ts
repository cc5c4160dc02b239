import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { AgainstReport } from './measure-against.ts';
import { againstTable } from './table.ts';

/** Prints the table, and writes against.json where a folder was given: such figures are of two builds of one day. */
export function writeAgainst(report: AgainstReport, folder: string | undefined): void {
  process.stdout.write(againstTable(report));
  if (folder === undefined) return;
  mkdirSync(resolve(folder), { recursive: true });
  const file = join(resolve(folder), 'against.json');
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`${relative(process.cwd(), file)}\n`);
}
