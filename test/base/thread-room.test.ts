import { describe, expect, it } from 'vitest';
import { type Processes, threadRoom } from '../../src/base/thread-room.ts';

/** A machine whose /proc and /sys have these files, beside those of a quiet process of user 1000. */
function machine(files: Readonly<Record<string, string>>, more: Partial<Processes> = {}): Processes {
  const all: Record<string, string> = {
    '/proc/self/status': status(1_000, 7),
    '/proc/self/uid_map': '         0          0 4294967295\n',
    '/proc/self/limits': limits({}),
    '/proc/loadavg': '0.00 0.01 0.05 1/500 4711\n',
    '/proc/sys/kernel/threads-max': '100000\n',
    '/proc/sys/kernel/pid_max': '4194304\n',
    '/proc/sys/vm/overcommit_memory': '0\n',
    ...files,
  };
  return { read: (path) => all[path], ids: () => [], all: true, ...more };
}

function status(uid: number, threads: number, capabilities = '0'): string {
  return `Name:\tnode\nUid:\t${uid}\t0\t0\t0\nVmSize:\t  1024000 kB\nThreads:\t${threads}\nCapEff:\t${capabilities}\n`;
}

function limits({ processes = 'unlimited', space = 'unlimited' }): string {
  return [
    'Limit  Soft Limit  Hard Limit  Units',
    `Max processes   ${processes}   unlimited   processes`,
    `Max address space   ${space}   unlimited   bytes`,
    '',
  ].join('\n');
}

describe('room for threads', () => {
  it("is the kernel's own bound where no limit is set", () => {
    expect(threadRoom(machine({}))).toEqual({ left: 99_500, limit: 'kernel.threads-max, 100000,' });
  });

  it('is without a bound where /proc shows none', () => {
    expect(threadRoom({ read: () => undefined, ids: () => [], all: true }).left).toBe(Number.POSITIVE_INFINITY);
  });

  it("counts the threads of all of the user's processes against RLIMIT_NPROC", () => {
    const processes = machine(
      {
        '/proc/self/limits': limits({ processes: '100' }),
        '/proc/7/status': status(1_000, 7),
        '/proc/8/status': status(1_000, 30),
        '/proc/9/status': status(1_001, 50),
      },
      { ids: () => ['7', '8', '9', '10'] },
    );
    expect(threadRoom(processes)).toEqual({ left: 63, limit: 'the limit of processes (ulimit -u 100)' });
  });

  it('looks at no process where the machine has fewer threads than the limit by far', () => {
    const ids = () => {
      throw new Error('looked');
    };
    const processes = machine({ '/proc/self/limits': limits({ processes: '60000' }) }, { ids });
    expect(threadRoom(processes).left).toBe(59_500);
  });

  it('leaves the default where other containers have processes that are not seen', () => {
    const few = machine({ '/proc/self/limits': limits({ processes: '300' }) }, { all: false });
    expect(threadRoom(few).left).toBe(4);
    const enough = machine({ '/proc/self/limits': limits({ processes: '600' }) }, { all: false });
    expect(threadRoom(enough).left).toBe(100);
  });

  it.each([
    ['root', status(0, 7), '0 0 4294967295', 99_500],
    ['CAP_SYS_RESOURCE', status(1_000, 7, '1000000'), '0 0 4294967295', 99_500],
    ['CAP_SYS_ADMIN', status(1_000, 7, '200000'), '0 0 4294967295', 99_500],
    ['any other capability, which is none', status(1_000, 7, '400'), '0 0 4294967295', 10],
    ["a user namespace's root, which is none", status(0, 7, '1ffffffffff'), '0 1000 1', 10],
  ])('RLIMIT_NPROC does not bind %s', (_, own, map, left) => {
    const files = {
      '/proc/self/status': own,
      '/proc/self/uid_map': map,
      '/proc/self/limits': limits({ processes: '10' }),
    };
    expect(threadRoom(machine(files)).left).toBe(left);
  });

  it('is bounded by address space, 8 MiB and a page for each stack', () => {
    const files = { '/proc/self/limits': limits({ space: String(1_024_000 * 1_024 + 100 * 2 ** 20) }) };
    expect(threadRoom(machine(files)).left).toBe(12);
  });

  it('is bounded by what may still be promised where nothing is overcommitted', () => {
    const meminfo = 'CommitLimit:     2000000 kB\nCommitted_AS:    1900000 kB\n';
    const strict = machine({ '/proc/sys/vm/overcommit_memory': '2\n', '/proc/meminfo': meminfo });
    expect(threadRoom(strict)).toEqual({ left: 12, limit: 'vm.overcommit_memory=2' });
    expect(threadRoom(machine({ '/proc/meminfo': meminfo })).left).toBe(99_500);
  });
});

describe('room in control groups', () => {
  const version1 = '39 31 0:36 / /sys/fs/cgroup/pids rw,relatime shared:15 - cgroup cgroup rw,pids\n';
  const version2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n';

  it.each([
    ['version 2', '0::/user.slice/gate\n', version2, '/sys/fs/cgroup'],
    ['version 1', '4:memory:/other\n8:pids:/user.slice/gate\n0::/\n', version1, '/sys/fs/cgroup/pids'],
  ])('%s: the tightest of the group and all above it', (_, cgroup, mountinfo, top) => {
    const files = {
      '/proc/self/cgroup': cgroup,
      '/proc/self/mountinfo': mountinfo,
      [`${top}/user.slice/gate/pids.max`]: 'max\n',
      [`${top}/user.slice/gate/pids.current`]: '7\n',
      [`${top}/user.slice/pids.max`]: '50\n',
      [`${top}/user.slice/pids.current`]: '20\n',
      [`${top}/pids.max`]: '1000\n',
      [`${top}/pids.current`]: '500\n',
    };
    const limit = `the control group (pids.max 50 of ${top}/user.slice)`;
    expect(threadRoom(machine(files))).toEqual({ left: 30, limit });
  });

  it.each([
    ['as its own root (a cgroup namespace)', '0::/', '/'],
    ['under the path that the host has for it', '0::/docker/abc', '/docker/abc'],
    ['somewhere that leads out of the namespace', '0::/../other', '/'],
  ])('is seen in a container %s', (_, cgroup, root) => {
    const files = {
      '/proc/self/cgroup': `${cgroup}\n`,
      '/proc/self/mountinfo': `30 23 0:26 ${root} /sys/fs/cgroup rw - cgroup2 cgroup rw\n`,
      '/sys/fs/cgroup/pids.max': '40\n',
      '/sys/fs/cgroup/pids.current': '7\n',
    };
    expect(threadRoom(machine(files)).left).toBe(33);
  });
});
