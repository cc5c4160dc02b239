import { join } from 'node:path';
import { controlGroups, type Read } from './control-groups.ts';

/** How many more threads this process may start, and which limit says so. */
export interface ThreadRoom {
  /** Infinite where nothing bounds them; below zero where a limit is exceeded already. */
  readonly left: number;
  readonly limit: string;
}

/**
 * How many tasks the control groups of this process leave, from its own up to the topmost that is mounted: pids.max and
 * pids.current of cgroups(7), either version. Empty where there is no such limit, or none that can be read.
 */
export function cgroupTasks(read: Read): ThreadRoom[] {
  return controlGroups(read, 'pids').flatMap(({ folders }) => folders.flatMap((folder) => room(folder, read)));
}

function room(folder: string, read: Read): ThreadRoom[] {
  const most = read(join(folder, 'pids.max'))?.trim();
  const used = read(join(folder, 'pids.current'))?.trim();
  if (most === undefined || used === undefined || !/^\d+$/.test(most) || !/^\d+$/.test(used)) return [];
  return [{ left: Number(most) - Number(used), limit: `the control group (pids.max ${most} of ${folder})` }];
}
