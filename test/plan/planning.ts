import { hostText } from '../../src/base/host.ts';
import type { MachineFacts } from '../../src/base/machine-facts.ts';
import { formatProblem } from '../../src/config/format-problem.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import type { Plan, PlannedListener } from '../../src/plan/plan.ts';
import { load, shownProblems, type WrittenSources, written } from '../config/load.ts';

/** A machine like the tutorial's gateway: 192.168.20.17/24 on ens3, 20,000 descriptors, an ordinary user. */
export const gatewayMachine: MachineFacts = {
  platform: 'linux',
  addresses: [
    { interface: 'lo', address: '127.0.0.1', family: 4, prefix: 8 },
    { interface: 'lo', address: '::1', family: 6, prefix: 128 },
    { interface: 'ens3', address: '192.168.20.17', family: 4, prefix: 24 },
    { interface: 'ens3', address: 'fe80::17', family: 6, prefix: 64 },
  ],
  localNetworks: ['127.0.0.0/8', '127.0.0.1', '192.168.20.17', '::1', 'fe80::17'],
  descriptors: { limit: 20_000, open: 24, source: 'proc' },
  memory: { limit: 4 * 2 ** 30, source: 'machine' },
  unprivilegedPortStart: 1024,
  mayBindPrivilegedPorts: false,
  splice: { usable: false, why: 'this is a test' },
  routes: [
    { interface: 'ens3', destination: '0.0.0.0', prefix: 0, metric: 100 },
    { interface: 'ens3', destination: '192.168.20.0', prefix: 24, metric: 100 },
  ],
  containerBridges: [],
  ipv6: true,
  outgoingPorts: { timeWaitReuse: 1, count: 28_232 },
  pid1: false,
};

export interface Planning extends WrittenSources {
  /** What is different from `gatewayMachine`. */
  readonly facts?: Partial<MachineFacts>;
  readonly network?: { readonly subnet: string };
}

/** A plan that must come about. */
export function plan({ facts, network, ...sources }: Planning = {}): Plan {
  const built = buildPlan(load(sources), { ...gatewayMachine, ...facts }, network);
  if (!built.ok) throw new Error(built.problems.map(formatProblem).join('\n'));
  return built.value;
}

/** The problems of a plan that must not come about, as a user sees them, the file called `floatgate.yaml`. */
export function planProblems({ facts, network, ...sources }: Planning): readonly string[] {
  const all = written(sources);
  const built = buildPlan(load(all), { ...gatewayMachine, ...facts }, network);
  if (built.ok) throw new Error('the plan has no problem');
  return shownProblems(built.problems, all.file);
}

/** `[::]:30016 -> 192.168.20.16:22`. */
export function shown({ key, pool }: PlannedListener): string {
  return `${key} -> ${pool.targets.map((target) => `${hostText(target)}:${target.port}`).join(', ')}`;
}
