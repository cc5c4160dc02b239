import { mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { WindowResult } from '../agents/window.ts';
import type { Job } from '../command-line.ts';
import { floatgate } from '../forwarders/floatgate.ts';
import type { Children } from '../process/children.ts';
import { totalOf } from '../process/proc.ts';
import { floatgateMain, projectRoot, projectVersion } from '../process/project.ts';
import { loopback } from '../process/stage.ts';
import { readable } from '../report/statistics.ts';
import { measureOnce } from '../rounds.ts';
import type { Measurement, Scenario, Timing } from '../scenarios/scenario.ts';
import { busyShares } from './busy-shares.ts';

type Look = Extract<Job, { kind: 'profile' | 'syscalls' }>;

/** How many functions and system calls are listed. */
const listed = 30;

/** One measurement of floatgate with a look inside, as lines to print. */
export async function lookInside(job: Look, children: Children): Promise<string> {
  switch (job.kind) {
    case 'profile':
      return profile(job, children);
    case 'syscalls':
      return systemCalls(job, children);
  }
}

async function profile(job: Look, children: Children): Promise<string> {
  const folder = join(resolve(job.results ?? join(projectRoot(), 'bench', 'results')), 'profiles');
  mkdirSync(folder, { recursive: true });
  const name = `${job.scenario.name}-${job.engine}.cpuprofile`;
  // Microseconds between two samples; by default it is 1,000.
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}`, '--cpu-prof-interval=250'];
  const { sample, window } = await measure(job, flags, job.timing, children);
  const file = join(folder, name);
  const shares = busyShares(file, window);
  return [
    ...heading(job),
    ...costLines(job.scenario, sample, window),
    `Busy for ${(shares.busy * 100).toFixed(1)} % of the window; shares of that, by function:`,
    ...shares.functions
      .slice(0, listed)
      .map(({ share, name, place }) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${name}  ${place}`),
    relative(process.cwd(), file),
    '',
  ].join('\n');
}

async function systemCalls(job: Look, children: Children): Promise<string> {
  const { window } = await measure(job, [], { ...job.timing, systemCalls: 'counted' }, children);
  const counts = Object.entries(window.systemCalls ?? {}).sort(([, a], [, b]) => b - a);
  const all = counts.reduce((sum, [, calls]) => sum + calls, 0);
  const line = (name: string, calls: number): string => `  ${readable(calls / window.units).padStart(8)}  ${name}`;
  return [
    ...heading(job),
    `System calls ${unitOf(job.scenario)}, under strace(1):`,
    line('all', all),
    ...counts.slice(0, listed).map(([name, calls]) => line(name, calls)),
    '',
  ].join('\n');
}

async function measure(
  { scenario, engine, floatgate: given }: Look,
  flags: readonly string[],
  timing: Timing,
  children: Children,
): Promise<Required<Measurement>> {
  const forwarder = floatgate(floatgateMain(given), engine, projectVersion(), flags);
  const run = await scenario.start(loopback(children), timing);
  const { sample, window } = await measureOnce(scenario, forwarder, run, children);
  await run.stop();
  if (window === undefined || window.units === 0) {
    throw new Error(`Cannot look into '${scenario.name}': no work is done while it is measured`);
  }
  return { sample, window };
}

function heading({ scenario, engine, timing }: Look): string[] {
  return [`floatgate ${projectVersion()}, engine ${engine}; ${scenario.title}; a window of ${timing.duration} ms`, ''];
}

/** Time in the kernel is that of its own calls and of what it does for the network on their behalf. */
function costLines(scenario: Scenario, sample: Measurement['sample'], { cpu }: WindowResult): string[] {
  const figure = scenario.figures.find(({ key }) => key === 'cpu');
  const cost = sample.cpu ?? 0;
  const total = totalOf(cpu);
  const part = (seconds: number): string => readable(total > 0 ? (seconds / total) * cost : 0);
  const split = `user ${part(cpu.user)}, kernel ${part(cpu.system)}`;
  return [`${figure?.label ?? 'CPU'}, profiler included: ${readable(cost)} ${figure?.unit ?? ''} (${split})`, ''];
}

/** `CPU per request` -> `per request`. */
function unitOf({ figures }: Scenario): string {
  return figures.find(({ key }) => key === 'cpu')?.label.replace('CPU ', '') ?? 'per unit of work';
}
