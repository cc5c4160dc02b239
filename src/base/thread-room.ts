import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { controlGroups, type Read } from './control-groups.ts';
import { kibibytes, softLimit, wholeNumber } from './proc-values.ts';

/** How many more threads this process may start, and the limit that bounds them. */
export interface ThreadRoom {
  /** Infinite where nothing bounds them; below zero where a limit is exceeded already. */
  readonly left: number;
  readonly limit: string;
}

/** What is read of /proc. */
export interface Processes {
  readonly read: Read;
  /** Process ids that /proc shows. */
  ids(): readonly string[];
  /** Whether /proc shows every process of the machine: no PID namespace of our own. */
  readonly all: boolean;
}

/** Bytes of the stack of a thread of libuv's pool, and of its guard page. */
const stackBytes = 8 * 1_024 * 1_024 + 4_096;
/** Bit numbers, <linux/capability.h>. */
const CAP_SYS_ADMIN = 21n;
const CAP_SYS_RESOURCE = 24n;
/** PROC_PID_INIT_INO, <linux/proc_ns.h>. */
const firstPidNamespace = 'pid:[4026531836]';

/**
 * The tightest of the limits that pthread_create(3) names, and of those on memory that its stack may meet. Others may
 * start threads meanwhile, so that this is what is left now. Never throws; a limit that cannot be read is none.
 */
export function threadRoom(processes: Processes = thisMachine()): ThreadRoom {
  const rooms = [
    { left: Number.POSITIVE_INFINITY, limit: '' },
    ...userTasks(processes),
    ...cgroupTasks(processes.read),
    ...kernelTasks(processes.read),
    ...memory(processes.read),
  ];
  return rooms.reduce((tightest, room) => (room.left < tightest.left ? room : tightest));
}

/** RLIMIT_NPROC counts all threads of the real user, of any container (setrlimit(2)). */
function userTasks({ read, ids, all }: Processes): ThreadRoom[] {
  const most = softLimit(read('/proc/self/limits'), 'Max processes');
  const own = read('/proc/self/status');
  if (most === undefined || own === undefined || isExempt(own, read('/proc/self/uid_map'))) return [];
  const limit = `the limit of processes (ulimit -u ${most})`;
  // There cannot be more of this user's than there are of all: /proc/loadavg counts every thread of the machine.
  const everybody = systemTasks(read);
  if (everybody !== undefined && most - everybody >= 1_024) return [{ left: most - everybody, limit }];
  // Those of other containers are not seen. Node has started several, so that a few more are likely.
  if (!all) return [{ left: Math.max(4, most - (everybody ?? most)), limit }];
  const user = realUser(own);
  let used = 0;
  for (const id of ids()) {
    const status = read(`/proc/${id}/status`) ?? '';
    if (realUser(status) === user) used += Number(/^Threads:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return [{ left: most - used, limit }];
}

function realUser(status: string): string | undefined {
  return /^Uid:\s*(\d+)/m.exec(status)?.[1];
}

/** The machine's root, or a capability of its, is not bound by RLIMIT_NPROC (copy_process, kernel/fork.c). */
function isExempt(status: string, uidMap: string | undefined): boolean {
  if (uidMap !== undefined && !/^\s*0\s+0\s+4294967295\s*$/.test(uidMap)) return false;
  const capabilities = BigInt(`0x${/^CapEff:\s*([\da-f]+)$/im.exec(status)?.[1] ?? '0'}`);
  const mighty = [CAP_SYS_ADMIN, CAP_SYS_RESOURCE].some((bit) => ((capabilities >> bit) & 1n) === 1n);
  return realUser(status) === '0' || mighty;
}

function kernelTasks(read: Read): ThreadRoom[] {
  const used = systemTasks(read);
  if (used === undefined) return [];
  return ['threads-max', 'pid_max'].flatMap((name) => {
    const most = wholeNumber(read(`/proc/sys/kernel/${name}`));
    return most === undefined ? [] : [{ left: most - used, limit: `kernel.${name}, ${most},` }];
  });
}

/** The fourth field of /proc/loadavg: runnable/existing (proc_loadavg(5)). Some sandboxes show 0. */
function systemTasks(read: Read): number | undefined {
  const existing = Number(/\/(\d+) /.exec(read('/proc/loadavg') ?? '')?.[1] ?? 0);
  return existing > 0 ? existing : undefined;
}

/** RLIMIT_AS, and what may be promised where memory is not overcommitted (vm.overcommit_memory, proc_sys_vm(5)). */
function memory(read: Read): ThreadRoom[] {
  const rooms: ThreadRoom[] = [];
  const space = softLimit(read('/proc/self/limits'), 'Max address space');
  const used = kibibytes(read('/proc/self/status'), 'VmSize');
  if (space !== undefined && used !== undefined) {
    rooms.push({ left: stacksIn(space - used), limit: `the limit of address space (ulimit -v ${space / 1_024})` });
  }
  if (wholeNumber(read('/proc/sys/vm/overcommit_memory')) === 2) {
    const information = read('/proc/meminfo');
    const most = kibibytes(information, 'CommitLimit');
    const promised = kibibytes(information, 'Committed_AS');
    if (most !== undefined && promised !== undefined) {
      rooms.push({ left: stacksIn(most - promised), limit: 'vm.overcommit_memory=2' });
    }
  }
  return rooms;
}

function stacksIn(bytes: number): number {
  return Math.floor(bytes / stackBytes);
}

function thisMachine(): Processes {
  return {
    read,
    ids: () => listed('/proc').filter((name) => /^\d+$/.test(name)),
    all: linkOf('/proc/self/ns/pid') === firstPidNamespace,
  };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/**
 * How many tasks the control groups of this process leave, from its own up to the topmost that is mounted: pids.max and
 * pids.current of cgroups(7), either version. Empty where there is no such limit, or none that can be read.
 */
function cgroupTasks(read: Read): ThreadRoom[] {
  return controlGroups(read, 'pids').flatMap(({ folders }) => folders.flatMap((folder) => room(folder, read)));
}

function room(folder: string, read: Read): ThreadRoom[] {
  const most = read(join(folder, 'pids.max'))?.trim();
  const used = read(join(folder, 'pids.current'))?.trim();
  if (most === undefined || used === undefined || !/^\d+$/.test(most) || !/^\d+$/.test(used)) return [];
  return [{ left: Number(most) - Number(used), limit: `the control group (pids.max ${most} of ${folder})` }];
}
