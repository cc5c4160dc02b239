import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { projectRoot, projectVersion } from '../process/project.ts';
import { machineLine, thisMachine } from '../report/machine.ts';
import type { Check } from '../stress/climb.ts';
import { soakChart } from './chart.ts';
import { faultNames } from './faults/names.ts';
import type { SoakResult } from './run.ts';
import { soakSummary } from './summary.ts';

/** Prints what was sent and what holds; writes summary and chart as `name` into the folder given, or bench/results. */
export function writeSoak(result: SoakResult, checks: readonly Check[], given: string | undefined, name: string): void {
  const run = `engine ${result.engineUsed}, seed ${result.seed}, ${result.seconds} s of traffic`;
  const about = `floatgate ${projectVersion()}, ${run}`;
  process.stdout.write([about, machineLine(thisMachine()), '', ...sent(result), '', ...held(checks), ''].join('\n'));
  const folder = resolve(given ?? join(projectRoot(), 'bench', 'results'));
  mkdirSync(folder, { recursive: true });
  const head = { date: new Date().toISOString(), version: projectVersion(), machine: thisMachine() };
  for (const [extension, content] of [
    ['json', `${JSON.stringify({ ...head, ...soakSummary(result), checks }, null, 1)}\n`],
    ['svg', soakChart(result, `${head.date.slice(0, 10)}; ${machineLine(head.machine)}`)],
  ] as const) {
    const file = join(folder, `${name}.${extension}`);
    writeFileSync(file, content);
    process.stdout.write(`${relative(process.cwd(), file)}\n`);
  }
}

/** Sessions and bytes of each kind, then the faults. */
function sent({ sessions, faults }: SoakResult): string[] {
  const rows = Object.entries(sessions).map(([kind, { sessions: count, bytes }]) => [
    kind,
    count.toLocaleString('en-US'),
    `${(bytes / 1e6).toFixed(1)} MB`,
  ]);
  const total = Object.values(sessions).reduce((sum, one) => sum + one.bytes, 0);
  const count = Object.values(sessions).reduce((sum, one) => sum + one.sessions, 0);
  rows.push(['all', count.toLocaleString('en-US'), `${(total / 1e6).toFixed(1)} MB`]);
  const byName = faultNames
    .map((name) => ({ name, count: faults.filter((fault) => fault.name === name).length }))
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count} ${name}`);
  return [
    `  ${'sessions'.padEnd(50)}${'number'.padStart(10)}${'verified'.padStart(14)}`,
    ...rows.map(
      ([kind = '', number = '', bytes = '']) => `  ${kind.padEnd(50)}${number.padStart(10)}${bytes.padStart(14)}`,
    ),
    '',
    `  ${faults.length} faults: ${byName.join(', ')}`,
  ];
}

function held(checks: readonly Check[]): string[] {
  return checks.map(({ what, holds, seen }) => `  ${holds ? 'holds ' : 'BROKEN'}  ${what} (${seen})`);
}
