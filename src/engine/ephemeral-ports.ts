import { readFileSync } from 'node:fs';

/** The lower end of ip_local_port_range (ip(7)); 1024, the lowest on any system, where it cannot be read. */
export function firstEphemeralPort(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1'), 10);
  } catch {
    return 1024;
  }
}
