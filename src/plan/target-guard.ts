import { formatEndpoint, isLiteral } from '../base/address.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import { forbiddenTarget, isLocalhost, isLoopback } from '../base/special-addresses.ts';
import { covers } from './bind-addresses.ts';
import type { Plan, PlannedListener } from './plan.ts';

/**
 * Says why an address that a target's name has led to must not be dialed, as a sentence for the log; `undefined` where
 * it may be. `host` is what the configuration says: literals pass, as the plan has checked them.
 */
export type TargetGuard = (address: string, port: number, host: string) => string | undefined;

/**
 * Keeps names from leading to where no configuration may: the plan cannot know what a name means, and whoever answers
 * for it may change that (DNS rebinding).
 */
export function targetGuard({ listeners, ownAddresses }: Plan): TargetGuard {
  const own = new Set(ownAddresses);
  const byPort = new Map<number, PlannedListener[]>();
  for (const listener of listeners) {
    const { port } = listener.bind;
    const here = byPort.get(port);
    if (here === undefined) byPort.set(port, [listener]);
    else here.push(listener);
  }
  const what = (address: string, port: number, host: string): string | undefined => {
    const ip = parseIp(address);
    if (ip === undefined) return 'no address';
    const forbidden = forbiddenTarget(ip);
    if (forbidden !== undefined) return forbidden;
    const loopback = isLoopback(ip);
    if (loopback && !isLocalhost(host)) return 'a loopback address, which only localhost may lead to';
    const spelled = formatIp(ip);
    const ours = loopback || own.has(spelled);
    const listener = byPort.get(port)?.find(({ bind }) => bind.address === spelled || (ours && covers(bind, spelled)));
    return listener && `this gateway's own listener (${listener.rules})`;
  };
  return (address, port, host) => {
    if (isLiteral(host)) return undefined;
    const found = what(address, port, host);
    if (found === undefined) return undefined;
    return `Cannot dial ${host}: it leads to ${formatEndpoint(address, port)}, ${found}; name another target`;
  };
}
