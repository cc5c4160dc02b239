/** `npm run faults`: what floatgate does when something around it breaks. See bench/README.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Engine } from '../../bench/forwarders/floatgate.ts';
import type { Children } from '../../bench/process/children.ts';
import { floatgateMain, projectRoot, projectVersion } from '../../bench/process/project.ts';
import { runToTheEnd } from '../../bench/process/run-to-the-end.ts';
import { Progress } from '../../bench/progress.ts';
import { thisMachine } from '../../bench/report/machine.ts';
import { faults } from './all.ts';
import type { Fault, FaultReport, Setting } from './fault.ts';
import { type FaultsReport, table } from './table.ts';
import { tryFault } from './try-fault.ts';

const help = `npm run faults -- [flags]

  --only NAME        only this fault; may be given again: ${faults.map(({ name }) => name).join(', ')}
  --engine NAME      splice or stream (default: both, one after the other)
  --ci               short time-outs, for correctness alone; writes no report
  --floatgate FILE   another build's floatgate.cjs (default dist/floatgate.cjs)
  --results DIR      where Markdown and JSON go (default bench/results)
  --help

As root it tries every fault, and runs the gateway as nobody; others leave out what needs root.
`;

async function main(children: Children): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      engine: { type: 'string', default: 'both' },
      ci: { type: 'boolean', default: false },
      floatgate: { type: 'string' },
      results: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const chosen = choose(values.only);
  const engines = enginesNamed(values.engine);
  const setting: Setting = values.ci ? 'ci' : 'full';
  const command = floatgateMain(values.floatgate);
  const progress = new Progress();
  const reports: FaultReport[] = [];
  // What is being tried fails then, as its processes are ended: that is nothing to report.
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort());
  for (const fault of chosen) {
    for (const engine of engines) {
      progress.show(`${fault.name}, ${engine}`);
      const report = await tryFault(fault, { setting, engine, main: command, children });
      progress.clear();
      if (interrupted.signal.aborted) return 1;
      process.stderr.write(`${line(report)}\n`);
      reports.push(report);
    }
  }
  const report: FaultsReport = {
    date: new Date().toISOString(),
    version: projectVersion(),
    machine: thisMachine(),
    setting,
    faults: reports,
  };
  if (setting === 'full') {
    process.stdout.write(`${table(report)}\n`);
    const asUsersRunIt = values.floatgate === undefined && values.only.length === 0 && engines.length === 2;
    write(report, values.results, asUsersRunIt ? 'faults' : 'faults-partial');
  }
  return reports.some(({ failures }) => failures.length > 0) ? 1 : 0;
}

function choose(names: readonly string[]): readonly Fault[] {
  const unknown = names.find((wanted) => !faults.some(({ name }) => name === wanted));
  if (unknown !== undefined) {
    throw new Error(`Cannot try '${unknown}': the faults are ${faults.map(({ name }) => name).join(', ')}`);
  }
  return names.length === 0 ? faults : faults.filter(({ name }) => names.includes(name));
}

function enginesNamed(name: string): readonly Engine[] {
  if (name === 'both') return ['splice', 'stream'];
  if (name === 'splice' || name === 'stream') return [name];
  throw new Error(`Cannot use --engine ${name}: there is no such engine; write splice, stream or both`);
}

function line({ name, engine, seen, failures, held, skipped, seconds }: FaultReport): string {
  if (skipped !== undefined) return `SKIPPED ${name}, ${engine}: ${skipped}`;
  const outcome = failures.length === 0 ? 'holds  ' : 'FAILED ';
  const findings = [...failures, ...seen].join('; ');
  return `${outcome} ${name}, ${engine}, ${held} checks, ${seconds.toFixed(1)} s: ${findings}`;
}

function write(report: FaultsReport, given: string | undefined, name: string): void {
  const folder = resolve(given ?? join(projectRoot(), 'bench', 'results'));
  mkdirSync(folder, { recursive: true });
  for (const [extension, content] of [
    ['json', `${JSON.stringify(report, null, 2)}\n`],
    ['md', table(report)],
  ] as const) {
    const file = join(folder, `${name}.${extension}`);
    writeFileSync(file, content);
    process.stdout.write(`${relative(process.cwd(), file)}\n`);
  }
}

await runToTheEnd(main);
