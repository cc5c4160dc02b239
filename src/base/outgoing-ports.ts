import { readFileSync } from 'node:fs';

/** The kernel's settings for ports of outgoing connections; absent where they cannot be read. */
export interface OutgoingPortFacts {
  /** net.ipv4.tcp_tw_reuse (ip-sysctl): 0 never, 1 always, 2 on loopback alone (the default since Linux 4.19). */
  readonly timeWaitReuse?: number;
  /** Ports in net.ipv4.ip_local_port_range (ip(7)). */
  readonly count?: number;
}

/** Reads /proc/sys/net/ipv4, which is the network namespace's own. Never throws. */
export function readOutgoingPorts(): OutgoingPortFacts {
  const [timeWaitReuse] = numbers('tcp_tw_reuse');
  const [first, last] = numbers('ip_local_port_range');
  return {
    ...(timeWaitReuse !== undefined && { timeWaitReuse }),
    ...(first !== undefined && last !== undefined && { count: last - first + 1 }),
  };
}

function numbers(name: string): readonly number[] {
  try {
    return (readFileSync(`/proc/sys/net/ipv4/${name}`, 'latin1').match(/\d+/g) ?? []).map(Number);
  } catch {
    return [];
  }
}
