import { expect, test } from 'vitest';
import { memoryFacts } from '../../src/base/memory-facts.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** The facts by these files; the machine has 8 GiB. */
const facts = (files: Readonly<Record<string, string>>) => memoryFacts((path) => files[path] ?? '', 8 * GiB);

const version2 = '25 24 0:22 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n';
const version1 = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
].join('\n');

test('without anything to read, all that the machine has', () => {
  expect(facts({})).toEqual({ limit: 8 * GiB, source: 'machine' });
});

test('what others have taken of the machine is not there, what we have is', () => {
  const meminfo = 'MemTotal:  8388608 kB\nMemAvailable:    1048576 kB\n';
  expect(facts({ '/proc/meminfo': meminfo })).toEqual({ limit: GiB, source: 'machine' });
  const status = 'VmSize:\t 1000000 kB\nVmRSS:\t   65536 kB\n';
  expect(facts({ '/proc/meminfo': meminfo, '/proc/self/status': status }).limit).toBe(GiB + 64 * MiB);
});

test.each([
  ['memory.max of our own group', { 'a.slice/b.service/memory.max': `${512 * MiB}\n` }, 512],
  ['memory.high of our own group', { 'a.slice/b.service/memory.high': `${400 * MiB}\n` }, 400],
  [
    'memory.max of a group above',
    { 'a.slice/memory.max': `${300 * MiB}\n`, 'a.slice/b.service/memory.max': 'max\n' },
    300,
  ],
  ['the smallest of several', { 'memory.max': '268435456\n', 'a.slice/memory.high': `${999 * MiB}\n` }, 256],
])('version 2: %s', (_, files, expected) => {
  const within = Object.entries(files).map(([name, text]) => [`/sys/fs/cgroup/${name}`, text]);
  const group = { '/proc/self/cgroup': '0::/a.slice/b.service\n', '/proc/self/mountinfo': version2 };
  expect(facts({ ...group, ...Object.fromEntries(within) })).toEqual({ limit: expected * MiB, source: 'cgroup' });
});

test('version 2 without a limit', () => {
  const group = {
    '/proc/self/cgroup': '0::/a\n',
    '/proc/self/mountinfo': version2,
    '/sys/fs/cgroup/a/memory.max': 'max\n',
  };
  expect(facts(group).source).toBe('machine');
});

test('in a container whose own group is the root that it sees', () => {
  const mounted = version2.replace('0:22 / ', '0:22 /docker/1234 ');
  const files = { '/proc/self/mountinfo': mounted, '/sys/fs/cgroup/memory.max': `${512 * MiB}\n` };
  expect(facts({ ...files, '/proc/self/cgroup': '0::/docker/1234\n' }).limit).toBe(512 * MiB);
  expect(facts({ ...files, '/proc/self/cgroup': '0::/\n', '/proc/self/mountinfo': version2 }).limit).toBe(512 * MiB);
  // Moved out of the namespace's root, as `docker exec` may have it.
  expect(facts({ ...files, '/proc/self/cgroup': '0::/../other\n', '/proc/self/mountinfo': version2 }).limit).toBe(
    512 * MiB,
  );
});

test('version 1 shows the smallest limit of all groups above', () => {
  const files = {
    '/proc/self/cgroup': '5:devices:/x\n4:cpu,memory:/a/b:c\n0::/other\n',
    '/proc/self/mountinfo': version1,
    '/sys/fs/cgroup/memory/a/b:c/memory.stat': `cache 0\nhierarchical_memory_limit ${512 * MiB}\nrss 1\n`,
  };
  expect(facts(files)).toEqual({ limit: 512 * MiB, source: 'cgroup' });
  const none = { '/sys/fs/cgroup/memory/a/b:c/memory.stat': 'hierarchical_memory_limit 9223372036854771712\n' };
  expect(facts({ ...files, ...none }).source).toBe('machine');
});

test('version 1 in a container that sees its own group as the root', () => {
  const files = {
    '/proc/self/cgroup': '4:memory:/docker/12\n',
    '/proc/self/mountinfo': version1.replace('0:32 / ', '0:32 /docker/12 '),
    '/sys/fs/cgroup/memory/memory.stat': `hierarchical_memory_limit ${100 * MiB}\n`,
  };
  expect(facts(files)).toEqual({ limit: 100 * MiB, source: 'cgroup' });
});

test('the address space, less what is mapped and not used', () => {
  const limits =
    'Max cpu time   unlimited  unlimited  seconds\nMax address space         2147483648           unlimited   bytes\n';
  const status = 'VmSize:\t 1048576 kB\nVmRSS:\t   65536 kB\n';
  expect(facts({ '/proc/self/limits': limits, '/proc/self/status': status })).toEqual({
    limit: GiB + 64 * MiB,
    source: 'address space',
  });
  const free = limits.replace('2147483648', 'unlimited');
  expect(facts({ '/proc/self/limits': free, '/proc/self/status': status }).source).toBe('machine');
});
