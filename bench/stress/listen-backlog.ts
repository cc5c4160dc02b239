import { readFileSync } from 'node:fs';

/** Connections that one listener's queue takes at most, however many are asked for: net.core.somaxconn (listen(2)). */
export function listenBacklog(): number {
  return Number(readFileSync('/proc/sys/net/core/somaxconn', 'latin1'));
}
