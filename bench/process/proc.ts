/** What /proc shows of a process and its descendants: a forwarder may be more than one process. See proc(5). */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc: USER_HZ, 100 on every architecture that Node runs on (time(7)). */
const ticksPerSecond = 100;

/** Seconds of CPU. */
export interface CpuTime {
  readonly user: number;
  readonly system: number;
  /** Of processes that it has started, user and system together. */
  readonly descendants: number;
}

/** Of a process with all its threads and descendants, also of those that have ended. */
export function cpuTime(pid: number): CpuTime {
  const { user, system, waitedFor } = statTimes(pid);
  let descendants = waitedFor;
  for (const id of processTree(pid)) {
    if (id !== pid) descendants += lookAt(id, pid, () => runTime(id) + statTimes(id).waitedFor) ?? 0;
  }
  return { user, system, descendants };
}

export function totalOf({ user, system, descendants }: CpuTime): number {
  return user + system + descendants;
}

function statTimes(pid: number): { readonly user: number; readonly system: number; readonly waitedFor: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in parentheses may hold spaces, and field 3 follows it. utime and stime are fields 14 and 15. Fields 16
  // and 17 are the same for children that have ended and were waited for.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const seconds = (field: number): number => Number(fields[field - 3]) / ticksPerSecond;
  return { user: seconds(14), system: seconds(15), waitedFor: seconds(16) + seconds(17) };
}

/**
 * Seconds that the threads of a process have run: the kernel counts nanoseconds there. Where each session is a process,
 * each has used a fraction of a tick when it is looked at, and fractions of ticks do not show in stat.
 */
function runTime(pid: number): number {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]);
  }
  return nanoseconds / 1e9;
}

/** Resident memory in bytes (VmRSS); pages that several processes share are counted in each. */
export function residentBytes(pid: number): number {
  let kibibytes = 0;
  for (const id of processTree(pid)) {
    const status = lookAt(id, pid, () => readFileSync(`/proc/${id}/status`, 'latin1'));
    kibibytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1] ?? 0);
  }
  return kibibytes * 1024;
}

/** Open descriptors of this one process. */
export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The ports that are listening on an IPv4 address, whichever process holds them. */
export function listeningPorts(address: string): Set<number> {
  const hex = address
    .split('.')
    .reverse()
    .map((octet) => Number(octet).toString(16).padStart(2, '0').toUpperCase())
    .join('');
  const ports = new Set<number>();
  // Local address, remote address (zero), state 0A = TCP_LISTEN.
  for (const match of readFileSync('/proc/net/tcp', 'latin1').matchAll(/: ([0-9A-F]{8}):([0-9A-F]{4}) 0{8}:0000 0A/g)) {
    if (match[1] === hex) ports.add(Number.parseInt(match[2] ?? '', 16));
  }
  return ports;
}

/** The hard limit of descriptors of this process, which its children inherit. */
export function hardDescriptorLimit(): number {
  const value = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return value === undefined || value === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(value);
}

function processTree(pid: number): number[] {
  const pids = [pid];
  // The array grows while it is walked: children of children are found too.
  for (const id of pids) {
    const found = lookAt(id, pid, () =>
      readdirSync(`/proc/${id}/task`).flatMap((task) =>
        readFileSync(`/proc/${id}/task/${task}/children`, 'latin1').trim().split(' '),
      ),
    );
    pids.push(...(found ?? []).filter((child) => child !== '').map(Number));
  }
  return pids;
}

/** What `look` finds; `undefined` when a descendant ended meanwhile, as those of a forking server do at any time. */
function lookAt<T>(id: number, root: number, look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (id === root || !(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}
