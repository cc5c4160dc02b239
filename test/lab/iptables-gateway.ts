import { fileURLToPath } from 'node:url';
import { hostAddress, type Lab, ownHost } from './lab.ts';

const rules = fileURLToPath(new URL('./tutorial-rules.sh', import.meta.url));

/** The tutorial's way: 1,524 rules in the kernel, set by root. Returns what takes them away again. */
export async function startIptables(lab: Lab): Promise<() => Promise<void>> {
  await lab.gateway.must(['bash', rules, hostAddress(ownHost)]);
  return async () => {
    await lab.gateway.must(['iptables', '-t', 'nat', '-F']);
    await lab.gateway.must(['sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward']);
  };
}
