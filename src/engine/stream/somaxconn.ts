import { readFileSync } from 'node:fs';

/** How many can wait in the kernel's queue of a listening socket at most (listen(2)); more than that where it cannot be read. */
export function somaxconn(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/core/somaxconn', 'latin1'), 10);
  } catch {
    return 65_535;
  }
}
