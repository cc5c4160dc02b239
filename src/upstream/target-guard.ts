import { formatEndpoint, type SocketAddress } from '../base/address.ts';
import type { Host } from '../base/host.ts';
import { formatIp, type Ip, ipOf, parseIp } from '../base/ip.ts';
import { forbiddenTarget, isLocalhost, isLoopback, meanings } from '../base/special-addresses.ts';
import { covers } from '../plan/bind-addresses.ts';
import type { Plan, PlannedListener } from '../plan/plan.ts';
import type { OwnAddresses } from './own-addresses.ts';

/** Decides which addresses are never dialed. Each check returns a sentence for the log, or `undefined` for "may be". */
export interface TargetGuard {
  /**
   * Checks an address right before it is dialed. The plan has checked the address of a target; the machine may have
   * got that very address since, so it is checked again where its port is one of our own.
   */
  check(to: SocketAddress, host: Host): string | undefined;
  /** Whether a connection to this port has to pass `checkConnected`. */
  watches(port: number): boolean;
  /**
   * Checks both ends of a new connection. One address at both ends means that it was made within this machine, so a
   * listener of ours accepts it, however the kernel came to hold that address.
   */
  checkConnected(local: SocketAddress, remote: SocketAddress, host: Host): string | undefined;
}

type GuardedPlan = Pick<Plan, 'listeners' | 'publicAddresses'>;

/** The guard of a gateway, whose plan may change. */
interface GatewayGuard extends TargetGuard {
  /** Goes by the listeners and public addresses of another plan from now on. */
  update(plan: GuardedPlan): void;
}

/**
 * Keeps names from leading to where no configuration may: the plan cannot know what a name means, and the answer may
 * change (DNS rebinding). Keeps all targets from leading back to our own listeners.
 */
export function targetGuard(plan: GuardedPlan, own: OwnAddresses): GatewayGuard {
  let byPort = listenersByPort(plan);
  let publicAddresses = new Set(plan.publicAddresses);

  const ownListener = (ip: Ip, port: number): string | undefined => {
    const listeners = byPort.get(port);
    if (listeners === undefined) return undefined;
    for (const meant of meanings(ip)) {
      const address = formatIp(meant);
      const ours = isLoopback(meant) || own.has(meant);
      const listener =
        listeners.find(({ bind }) => bind.address === address || (ours && covers(bind, address))) ??
        // Which of our addresses a public one leads to is not known here.
        (publicAddresses.has(address) ? listeners.find(({ bind }) => !isLoopback(ipOf(bind.address))) : undefined);
      if (listener !== undefined) return describe(listener);
    }
    return undefined;
  };
  const whyNot = (ip: Ip | undefined, port: number, name: string): string | undefined => {
    if (ip === undefined) return 'no address';
    const forbidden = forbiddenTarget(ip);
    if (forbidden !== undefined) return forbidden;
    if (isLoopback(ip) && !isLocalhost(name)) return 'a loopback address, which only localhost may lead to';
    const network = meanings(ip).flatMap((meant) => own.networkOfBroadcast(formatIp(meant)) ?? [])[0];
    return network === undefined ? ownListener(ip, port) : `the broadcast address of the network of ${network}`;
  };
  return {
    check(to, host) {
      if ('name' in host) return sentence(to, host, whyNot(parseIp(to.address), to.port, host.name));
      return byPort.has(to.port) ? sentence(to, host, ownListener(ipOf(to.address), to.port)) : undefined;
    },
    watches: (port) => byPort.has(port),
    checkConnected(local, remote, host) {
      if (local.address !== remote.address || local.address === '') return undefined;
      const listener = byPort.get(remote.port)?.find(({ bind }) => covers(bind, remote.address));
      if (listener === undefined) return undefined;
      own.forget();
      return sentence(remote, host, describe(listener));
    },
    update(next) {
      byPort = listenersByPort(next);
      publicAddresses = new Set(next.publicAddresses);
    },
  };
}

function listenersByPort({ listeners }: GuardedPlan): ReadonlyMap<number, readonly PlannedListener[]> {
  const byPort = new Map<number, PlannedListener[]>();
  for (const listener of listeners) {
    const { port } = listener.bind;
    byPort.set(port, [...(byPort.get(port) ?? []), listener]);
  }
  return byPort;
}

function describe({ rules }: PlannedListener): string {
  return `this gateway's own listener (${rules})`;
}

function sentence({ address, port }: SocketAddress, host: Host, found: string | undefined): string | undefined {
  if (found === undefined) return undefined;
  const endpoint = formatEndpoint(address, port);
  return 'name' in host
    ? `Cannot dial ${host.name}: it leads to ${endpoint}, ${found}; name another target`
    : `Cannot dial ${endpoint}: that is ${found}; name another target`;
}
