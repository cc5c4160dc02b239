import type { Host } from '../base/host.ts';
import { ipOf } from '../base/ip.ts';
import type { OutgoingPortFacts } from '../base/outgoing-ports.ts';
import { isLocalhost, isLoopback } from '../base/special-addresses.ts';
import type { Plan, PlannedListener } from './plan.ts';

/** Seconds that a closed connection keeps its port: TCP_TIMEWAIT_LEN, <net/tcp.h>. */
const timeWait = 60;
/** Where the kernel does not say: the default of ip_local_port_range (ip(7)). */
const usualPorts = 28_232;

/** What to set where ports of outgoing connections run out early. */
export function outgoingPortNotes(
  listeners: readonly PlannedListener[],
  rules: Plan['rules'],
  { timeWaitReuse, count = usualPorts }: OutgoingPortFacts,
): readonly string[] {
  if (timeWaitReuse === undefined || timeWaitReuse === 1) return [];
  const concerned = listeners.filter(({ pool }) => timeWaitReuse === 0 || !pool.targets.every(isOnLoopback));
  if (concerned.length === 0) return [];
  const fewest = Math.min(...concerned.map((listener) => Math.max(1, rules[listener.rules]?.dialFrom.length ?? 0)));
  const most = Math.max(1, Math.floor((fewest * count) / timeWait));
  return [
    `net.ipv4.tcp_tw_reuse is ${timeWaitReuse}: about ${most.toLocaleString('en-US')} new sessions a second to one target are the most, as ports stay in TIME_WAIT for a minute; set it to 1 (sysctl -w net.ipv4.tcp_tw_reuse=1, as root) for more`,
  ];
}

function isOnLoopback(host: Host): boolean {
  return 'name' in host ? isLocalhost(host.name) : isLoopback(ipOf(host.address));
}
