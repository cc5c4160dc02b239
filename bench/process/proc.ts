/** What /proc tells of a process and its descendants: a forwarder may be more than one process. See proc(5). */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc: USER_HZ, 100 on every architecture that Node runs on (time(7)). */
const ticksPerSecond = 100;

/** CPU seconds, user and system, of all threads of all its processes, also of threads that have ended. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const id of processTree(pid)) {
    const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
    // The name in parentheses may hold spaces; utime and stime are fields 14 and 15, and field 3 follows the name.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / ticksPerSecond;
}

/** Resident memory in bytes (VmRSS); pages that several processes share are counted in each. */
export function residentBytes(pid: number): number {
  let kibibytes = 0;
  for (const id of processTree(pid)) {
    kibibytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'latin1'))?.[1] ?? 0);
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

/** The first and last port that the kernel hands out to outgoing connections (ip(7)). */
export function ephemeralPorts(): { readonly first: number; readonly last: number } {
  const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1')
    .trim()
    .split(/\s+/)
    .map(Number);
  return { first: first ?? 32_768, last: last ?? 60_999 };
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
    for (const task of readdirSync(`/proc/${id}/task`)) {
      const children = readFileSync(`/proc/${id}/task/${task}/children`, 'latin1').trim();
      if (children !== '') pids.push(...children.split(' ').map(Number));
    }
  }
  return pids;
}
