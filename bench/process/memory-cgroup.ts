import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Children } from './children.ts';

/** A control group with a limit of memory, for a process under test. */
export interface MemoryCgroup {
  /** Put before a command line, so that it runs within; the process id stays the command's own. */
  readonly inside: readonly string[];
  readonly version: 1 | 2;
  /** Bytes charged to it now. */
  used(): number;
  /** Bytes of sockets among them; with version 1 they are counted beside. */
  sockets(): number;
}

const files = {
  1: { limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes' },
  2: { limit: 'memory.max', usage: 'memory.current' },
} as const;
/** Version 1 counts the memory of sockets only where this limit is set. */
const socketLimit = 'memory.kmem.tcp.limit_in_bytes';
const socketUsage = 'memory.kmem.tcp.usage_in_bytes';

/** Why no such group can be made here, or `undefined`. */
export function whyNoMemoryCgroup(): string | undefined {
  const made = make(`floatgate-try-${process.pid}`);
  if (typeof made === 'string') return made;
  rmdirSync(made.folder);
  return undefined;
}

/** It goes when the children were stopped, also when this process is killed. */
export function openMemoryCgroup(children: Children, limit: number): MemoryCgroup {
  const made = make(`floatgate-bench-${process.pid}-${randomBytes(3).toString('hex')}`);
  if (typeof made === 'string') throw new Error(`Cannot bound memory: ${made}`);
  const { folder, version } = made;
  writeFileSync(join(folder, files[version].limit), String(limit));
  if (version === 1) writeFileSync(join(folder, socketLimit), String(2 ** 40));
  // A group can be removed once its last process has ended, which may take the kernel a moment.
  const script = 'trap "" INT TERM HUP; cat >/dev/null; for _ in $(seq 600); do rmdir "$0" && exit; sleep 0.05; done';
  const guard = spawn('sh', ['-c', script, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  const exit = once(guard, 'exit');
  children.afterwards(async () => {
    guard.stdin.end();
    await exit;
  });
  const number = (file: string): number => Number(readFileSync(join(folder, file), 'latin1'));
  return {
    version,
    inside: ['sh', '-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', folder],
    used: () => number(files[version].usage),
    sockets() {
      if (version === 1) return number(socketUsage);
      return Number(/^sock (\d+)$/m.exec(readFileSync(join(folder, 'memory.stat'), 'latin1'))?.[1] ?? 0);
    },
  };
}

interface Made {
  readonly folder: string;
  readonly version: 1 | 2;
}

/** Below our own group, or where processes in it forbid that (version 2), below the root. */
function make(name: string): Made | string {
  for (const { folder, version } of parents()) {
    const child = join(folder, name);
    try {
      if (version === 2) writeFileSync(join(folder, 'cgroup.subtree_control'), '+memory');
      mkdirSync(child);
    } catch {
      continue;
    }
    if (existsSync(join(child, files[version].limit))) return { folder: child, version };
    rmdirSync(child);
  }
  return 'no memory cgroup can be made here: it needs root, and a cgroup file system that is writable';
}

/** Where groups with a memory controller are mounted (cgroups(7), proc_pid_mountinfo(5)). */
function parents(): readonly Made[] {
  const own = readFileSync('/proc/self/cgroup', 'latin1');
  return readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .flatMap((line): readonly Made[] => {
      const point = line.split(' ')[4] ?? '';
      const [type, , options = ''] = line.slice(line.indexOf(' - ') + 3).split(' ');
      if (type === 'cgroup' && options.split(',').includes('memory')) {
        const path = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(own)?.[1] ?? '/';
        return [
          { folder: join(point, path), version: 1 },
          { folder: point, version: 1 },
        ];
      }
      if (type !== 'cgroup2') return [];
      const path = /^0::(.*)$/m.exec(own)?.[1] ?? '/';
      return [
        { folder: join(point, path), version: 2 },
        { folder: point, version: 2 },
      ];
    });
}
