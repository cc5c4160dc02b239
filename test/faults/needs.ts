import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { whyNoMemoryCgroup } from '../../bench/process/memory-cgroup.ts';
import { hardDescriptorLimit } from '../../bench/process/proc.ts';
import { libfaketime } from './libfaketime.ts';

/** What a fault may need of the machine. */
export type Need = 'root' | 'namespaces' | 'iptables' | 'libfaketime' | 'descriptors' | 'koffi' | 'memory cgroup';

const tests: Readonly<Record<Need, () => string | undefined>> = {
  root: () => (isRoot() ? undefined : 'it needs root'),
  namespaces() {
    if (!isRoot()) return 'network namespaces need root';
    if (!has('ip')) return 'ip is missing, install iproute2';
    const name = `floatgate-faults-${process.pid}-try`;
    if (spawnSync('ip', ['netns', 'add', name]).status !== 0)
      return 'this machine lets nobody make a network namespace';
    spawnSync('ip', ['netns', 'delete', name]);
    return undefined;
  },
  iptables: () => (has('iptables') ? undefined : 'iptables is missing, install iptables'),
  libfaketime: () => (libfaketime() === undefined ? 'libfaketime is missing, install libfaketime' : undefined),
  descriptors: () =>
    hardDescriptorLimit() >= 20_000
      ? undefined
      : `it needs 20,000 descriptors, and ${hardDescriptorLimit()} are allowed`,
  'memory cgroup': whyNoMemoryCgroup,
  koffi() {
    try {
      createRequire(import.meta.url)('koffi');
      return undefined;
    } catch {
      return "koffi is missing or cannot be loaded, run 'npm ci --include=optional'";
    }
  },
};

/** Why these needs are not met here, or `undefined`. */
export function hindrance(needs: readonly Need[]): string | undefined {
  if (process.platform !== 'linux') return 'it needs /proc, and all of 127.0.0.0/8, as on Linux';
  for (const need of needs) {
    const why = tests[need]();
    if (why !== undefined) return why;
  }
  return undefined;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Network tools live in sbin, which not every PATH has. */
function has(program: string): boolean {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  return spawnSync('sh', ['-c', `command -v ${program}`], { env }).status === 0;
}
