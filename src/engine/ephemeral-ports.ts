import { readFileSync } from 'node:fs';

/** The lower end of ip_local_port_range (ip(7)); where it cannot be read, the lowest that any system uses. */
export function firstEphemeralPort(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1'), 10);
  } catch {
    return 1024;
  }
}
