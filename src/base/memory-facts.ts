import { controlGroups } from './control-groups.ts';
import { kibibytes, softLimit } from './proc-values.ts';

/** How much memory this process may use. */
export interface MemoryFacts {
  /** Bytes. */
  readonly limit: number;
  /** What sets the limit: a cgroup, the size of the address space (RLIMIT_AS), or what the machine has. */
  readonly source: 'cgroup' | 'address space' | 'machine';
}

/** Reads a file; an empty text where it cannot be read. */
type Read = (path: string) => string;

/** Bytes. The kernel shows "no limit" as more than this, with pages of any size. */
const unlimited = 2 ** 60;

/**
 * The smallest of what bounds memory. Not `process.constrainedMemory()`: it reads our own cgroup alone, and a limit may
 * be set for any group above it.
 * @param machine bytes that the machine has; less are free by /proc/meminfo (MemAvailable, proc_meminfo(5))
 */
export function memoryFacts(read: Read, machine: number): MemoryFacts {
  const status = read('/proc/self/status');
  const available = kibibytes(read('/proc/meminfo'), 'MemAvailable');
  const resident = kibibytes(status, 'VmRSS') ?? 0;
  const found: MemoryFacts[] = [
    { limit: available === undefined ? machine : Math.min(machine, available + resident), source: 'machine' },
    ...cgroupLimits(read).map((limit) => ({ limit, source: 'cgroup' as const })),
  ];
  // RLIMIT_AS (getrlimit(2)) less what is mapped by now: Node maps far more than it uses.
  const addresses = softLimit(read('/proc/self/limits'), 'Max address space');
  const mapped = kibibytes(status, 'VmSize');
  if (addresses !== undefined && addresses < unlimited && mapped !== undefined) {
    found.push({ limit: Math.max(0, addresses - mapped) + resident, source: 'address space' });
  }
  return found.reduce((least, other) => (other.limit < least.limit ? other : least));
}

/** Every limit that is set for our cgroup and those above it. */
function cgroupLimits(read: Read): readonly number[] {
  return controlGroups(read, 'memory')
    .flatMap(({ version, folders }) => (version === 1 ? [hierarchicalLimit(folders, read)] : limitsOf(folders, read)))
    .filter((text) => /^\d+$/.test(text))
    .map(Number)
    .filter((limit) => limit < unlimited);
}

/**
 * Version 2 (https://docs.kernel.org/admin-guide/cgroup-v2.html). `high` counts: beyond it the kernel slows the process
 * down.
 */
function limitsOf(folders: readonly string[], read: Read): readonly string[] {
  return folders.flatMap((folder) =>
    [`${folder}/memory.max`, `${folder}/memory.high`].map((file) => read(file).trim()),
  );
}

/** Version 1: of our own group, which knows those above, or of the mount point where our own is not seen. */
function hierarchicalLimit(folders: readonly string[], read: Read): string {
  const [own, top] = [folders.at(0), folders.at(-1)].map((folder) => read(`${folder}/memory.stat`));
  return /^hierarchical_memory_limit (\d+)$/m.exec(own || top || '')?.[1] ?? '';
}
