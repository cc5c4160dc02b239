import { dirname, join } from 'node:path';

/** How many more threads this process may start, and which limit says so. */
export interface ThreadRoom {
  /** Infinite where nothing bounds them; below zero where a limit is exceeded already. */
  readonly left: number;
  readonly limit: string;
}

/** Reads a file of /proc or /sys as text; `undefined` where it cannot be read. */
export type Read = (path: string) => string | undefined;

/**
 * How many tasks the control groups of this process leave, from its own up to the topmost that is mounted: pids.max and
 * pids.current of cgroups(7), either version. Empty where there is no such limit, or none that can be read.
 */
export function cgroupTasks(read: Read): ThreadRoom[] {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').map(parseGroup);
  const mounts = (read('/proc/self/mountinfo') ?? '').split('\n').map(parseMount);
  return mounts.flatMap((mount) => {
    if (mount === undefined) return [];
    const group = groups.find((one) => one !== undefined && one.version === mount.version);
    return group === undefined ? [] : foldersUp(mount, group.path).flatMap((folder) => room(folder, read));
  });
}

interface Group {
  readonly version: 1 | 2;
  readonly path: string;
}

interface Mount {
  readonly version: 1 | 2;
  /** The group that is seen at `point`. */
  readonly root: string;
  readonly point: string;
}

/** `8:pids:/some/group`, or `0::/some/group` in version 2. */
function parseGroup(line: string): Group | undefined {
  const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
  if (controllers === undefined || path === undefined) return undefined;
  if (controllers === '') return { version: 2, path };
  return controllers.split(',').includes('pids') ? { version: 1, path } : undefined;
}

/** `39 31 0:36 /root /point rw,relatime shared:1 - cgroup cgroup rw,pids` (proc_pid_mountinfo(5)). */
function parseMount(line: string): Mount | undefined {
  const [mount = '', system = ''] = line.split(' - ');
  const [, , , root, point] = mount.split(' ');
  const [type, , options = ''] = system.split(' ');
  if (root === undefined || point === undefined) return undefined;
  if (type === 'cgroup2') return { version: 2, root, point };
  return type === 'cgroup' && options.split(',').includes('pids') ? { version: 1, root, point } : undefined;
}

/** From the group's own folder up to the mount point. */
function foldersUp({ root, point }: Mount, path: string): string[] {
  const within = root === '/' ? path : path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : '/';
  const folders: string[] = [];
  // A path that leads out of our namespace (/../..) is not below the mount point.
  for (let folder = join(point, within); folder.startsWith(point); folder = dirname(folder)) {
    folders.push(folder);
    if (folder === point || folder === '/') break;
  }
  return folders.map((folder) => folder.replace(/(.)\/$/, '$1'));
}

function room(folder: string, read: Read): ThreadRoom[] {
  const most = read(join(folder, 'pids.max'))?.trim();
  const used = read(join(folder, 'pids.current'))?.trim();
  if (most === undefined || used === undefined || !/^\d+$/.test(most) || !/^\d+$/.test(used)) return [];
  return [{ left: Number(most) - Number(used), limit: `the control group (pids.max ${most} of ${folder})` }];
}
