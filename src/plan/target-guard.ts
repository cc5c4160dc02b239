import { formatEndpoint, isLiteral, type SocketAddress } from '../base/address.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import { forbiddenTarget, isLocalhost, isLoopback, meanings } from '../base/special-addresses.ts';
import { covers } from './bind-addresses.ts';
import { OwnAddresses } from './own-addresses.ts';
import type { Plan, PlannedListener } from './plan.ts';

/**
 * Says why an address that a dial is about to go to must not be dialed, as a sentence for the log; `undefined` where it
 * may be. `host` is what the configuration says. A literal has been judged by the plan, save that an address may have
 * become this machine's own since: so it is looked at again where its port is one that we listen on.
 */
export type TargetGuard = (address: string, port: number, host: string) => string | undefined;

/** What a dial is looked at with once it is connected, where its port is one that we listen on. */
interface ConnectedGuard {
  /** Whether a connection to this port has to be looked at. */
  watches(port: number): boolean;
  /**
   * Why a connection must not be used, as `TargetGuard`: it has the same address at both ends, so it was made within
   * this machine, and a listener of ours takes it. That is so however the kernel came to think the address ours.
   */
  check(local: SocketAddress, remote: SocketAddress, host: string): string | undefined;
}

/** Both looks at a target. */
export interface TargetGuards {
  readonly guard: TargetGuard;
  readonly connected: ConnectedGuard;
}

/**
 * Keeps names from leading to where no configuration may: the plan cannot know what a name means, and whoever answers
 * for it may change that (DNS rebinding). And keeps targets from leading back to our own listeners.
 */
export function targetGuards(plan: Plan, own: OwnAddresses = new OwnAddresses(plan)): TargetGuards {
  const byPort = new Map<number, PlannedListener[]>();
  for (const listener of plan.listeners) {
    const { port } = listener.bind;
    const here = byPort.get(port);
    if (here === undefined) byPort.set(port, [listener]);
    else here.push(listener);
  }
  const publicAddresses = new Set(plan.publicAddresses);

  /** The listener of ours that takes a connection to an address, where that is ours for sure. */
  const taker = (address: string, port: number, ours: boolean): PlannedListener | undefined =>
    byPort.get(port)?.find(({ bind }) => bind.address === address || (ours && covers(bind, address)));
  /** Nobody here knows which of our addresses a public one leads to. */
  const publicTaker = (address: string, port: number): PlannedListener | undefined =>
    publicAddresses.has(address) ? byPort.get(port)?.find(({ bind }) => !isLoopbackText(bind.address)) : undefined;

  const ownListener = (written: string, port: number): string | undefined => {
    if (!byPort.has(port)) return undefined;
    const ip = parseIp(written);
    if (ip === undefined) return undefined;
    for (const meant of meanings(ip)) {
      const address = formatIp(meant);
      const listener = taker(address, port, isLoopback(meant) || own.has(meant)) ?? publicTaker(address, port);
      if (listener !== undefined) return ourListener(listener);
    }
    return undefined;
  };
  const what = (written: string, port: number, host: string): string | undefined => {
    const ip = parseIp(written);
    if (ip === undefined) return 'no address';
    if (isLiteral(host)) return ownListener(written, port);
    const forbidden = forbiddenTarget(ip);
    if (forbidden !== undefined) return forbidden;
    if (isLoopback(ip) && !isLocalhost(host)) return 'a loopback address, which only localhost may lead to';
    const network = meanings(ip).flatMap((meant) => own.networkOfBroadcast(formatIp(meant)) ?? [])[0];
    return network === undefined ? ownListener(written, port) : `the broadcast address of the network of ${network}`;
  };
  const sentence = (address: string, port: number, host: string, found: string): string => {
    const endpoint = formatEndpoint(address, port);
    return isLiteral(host)
      ? `Cannot dial ${endpoint}: that is ${found}; name another target`
      : `Cannot dial ${host}: it leads to ${endpoint}, ${found}; name another target`;
  };
  return {
    guard(address, port, host) {
      if (!byPort.has(port) && isLiteral(host)) return undefined;
      const found = what(address, port, host);
      return found === undefined ? undefined : sentence(address, port, host, found);
    },
    connected: {
      watches: (port) => byPort.has(port),
      check(local, remote, host) {
        if (local.address !== remote.address || local.address === '') return undefined;
        const listener = taker(remote.address, remote.port, true);
        if (listener === undefined) return undefined;
        own.forget();
        return sentence(remote.address, remote.port, host, ourListener(listener));
      },
    },
  };
}

function ourListener({ rules }: PlannedListener): string {
  return `this gateway's own listener (${rules})`;
}

function isLoopbackText(address: string): boolean {
  const ip = parseIp(address);
  return ip !== undefined && isLoopback(ip);
}
