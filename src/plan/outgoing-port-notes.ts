import { figure } from '../base/count.ts';
import type { Host } from '../base/host.ts';
import { ipOf } from '../base/ip.ts';
import type { OutgoingPortFacts } from '../base/outgoing-ports.ts';
import { isLocalhost, isLoopback } from '../base/special-addresses.ts';
import type { Plan, PlannedListener } from './plan.ts';

/** Seconds that a closed connection keeps its port: TCP_TIMEWAIT_LEN, <net/tcp.h>. */
const timeWait = 60;
/** The default of ip_local_port_range (ip(7)), where the kernel's own value is not readable. */
const usualPorts = 28_232;

/** Notes on what to set where ports of outgoing connections run out early. */
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
  const rate = `about ${figure(most)} new sessions a second to one target are the most`;
  const why = 'as ports stay in TIME_WAIT for a minute';
  const advice = 'set it to 1 (sysctl -w net.ipv4.tcp_tw_reuse=1, as root) for more';
  return [`net.ipv4.tcp_tw_reuse is ${timeWaitReuse}: ${rate}, ${why}; ${advice}`];
}

function isOnLoopback(host: Host): boolean {
  return 'name' in host ? isLocalhost(host.name) : isLoopback(ipOf(host.address));
}
