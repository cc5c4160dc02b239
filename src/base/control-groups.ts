import { join } from 'node:path';

/** Reads a file of /proc or /sys as text; `undefined`, or an empty text, where it cannot be read. */
export type Read = (path: string) => string | undefined;

/** The groups of one hierarchy that this process is in. */
export interface ControlGroups {
  readonly version: 1 | 2;
  /** Folders of its own group and all above it, its own first, up to the topmost that is mounted. */
  readonly folders: readonly string[];
}

interface Mount {
  readonly version: 1 | 2;
  /** The group that is seen at `point`. */
  readonly root: string;
  readonly point: string;
}

/** Where the groups of this process are seen that have limits of `controller`, such as `memory` (cgroups(7)). */
export function controlGroups(read: Read, controller: string): readonly ControlGroups[] {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n');
  const mounts = (read('/proc/self/mountinfo') ?? '').split('\n');
  return mounts.flatMap((line) => {
    const mount = parseMount(line, controller);
    if (mount === undefined) return [];
    const path = pathOf(groups, mount.version === 2 ? '' : controller);
    return [{ version: mount.version, folders: foldersUp(mount, path) }];
  });
}

/** `8:pids:/some/group`, or `0::/some/group` in version 2. */
function pathOf(groups: readonly string[], controller: string): string {
  for (const line of groups) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path !== '' && controllers.split(',').includes(controller)) return path;
  }
  return '/';
}

/** `39 31 0:36 /root /point rw,relatime shared:1 - cgroup cgroup rw,pids` (proc_pid_mountinfo(5)). */
function parseMount(line: string, controller: string): Mount | undefined {
  const [mount = '', system = ''] = line.split(' - ');
  const [, , , root, point] = mount.split(' ');
  const [type, , options = ''] = system.split(' ');
  if (root === undefined || point === undefined) return undefined;
  if (type === 'cgroup2') return { version: 2, root, point };
  return type === 'cgroup' && options.split(',').includes(controller) ? { version: 1, root, point } : undefined;
}

/** Of a path that is not below `root`, or leads out of our namespace (`/../other`), the mount point alone is known. */
function foldersUp({ root, point }: Mount, path: string): readonly string[] {
  const below = root === '/' || path === root || path.startsWith(`${root}/`);
  const steps = (below ? path.slice(root === '/' ? 0 : root.length) : '').split('/').filter((step) => step !== '');
  const known = steps.includes('..') ? [] : steps;
  return Array.from({ length: known.length + 1 }, (_, up) => join(point, ...known.slice(0, known.length - up)));
}
