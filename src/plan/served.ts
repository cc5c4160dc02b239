import { formatEndpoint } from '../base/address.ts';
import { hostText } from '../base/host.ts';
import { numberRanges } from '../base/number-ranges.ts';
import type { BindAddress, Plan, PlannedListener, PlannedPool, PlannedTarget } from './plan.ts';

/** A service as people and programs see it. */
export interface ServedService {
  readonly name: string;
  readonly base: number;
  readonly port: number;
  /** Host numbers: `1-16,18-254`. */
  readonly hosts: string;
  /** Ports that lead to them: `30001-30016,30018-30254`. */
  readonly ports: string;
}

/** A forward, likewise. */
export interface ServedForward {
  readonly listen: string;
  readonly targets: readonly ServedTarget[];
  readonly balance: PlannedPool['balance'];
}

interface ServedTarget {
  readonly target: string;
  readonly weight: number;
  readonly tier: PlannedTarget['tier'];
}

export function servedServices(plan: Plan): readonly ServedService[] {
  return plan.services.map(({ name, base, port }) => {
    const numbers = servedHosts(plan, name).map(({ host }) => host);
    const ports = numbers.map((host) => base + host);
    return { name, base, port, hosts: numberRanges(numbers), ports: numberRanges(ports) };
  });
}

/** The listeners of each service or forward, in the order of the plan. */
export function listenersByName(plan: Plan, kind: PlannedListener['kind']): ReadonlyMap<string, PlannedListener[]> {
  const names = new Map<string, PlannedListener[]>();
  for (const listener of plan.listeners) {
    if (listener.kind !== kind) continue;
    const known = names.get(listener.name);
    if (known === undefined) names.set(listener.name, [listener]);
    else known.push(listener);
  }
  return names;
}

/** A forward on several addresses, or on a range of ports, is one. */
export function servedForwards(plan: Plan): readonly ServedForward[] {
  return [...listenersByName(plan, 'forward')].map(([listen, listeners]) => servedForward(listen, listeners));
}

/** Of a range of ports each listener has a pool of its own, with the same targets at other ports. */
export function servedForward(listen: string, listeners: readonly PlannedListener[]): ServedForward {
  const [first, last] = [listeners[0]?.pool, listeners.at(-1)?.pool];
  const targets = (first?.targets ?? []).map((target, index) => {
    const lastPort = last?.targets[index]?.port ?? target.port;
    const range = lastPort === target.port ? '' : `-${lastPort}`;
    const endpoint = `${formatEndpoint(hostText(target), target.port)}${range}`;
    return { target: endpoint, weight: target.weight, tier: target.tier };
  });
  return { listen, targets, balance: first?.balance ?? 'roundrobin' };
}

/** `10.0.0.5:80`, or `10.0.0.5:80, 10.0.0.6:80 weight 2, 10.0.0.7:80 backup (roundrobin)`. */
export function targetsLine({ targets, balance }: ServedForward): string {
  const texts = targets.map(
    ({ target, weight, tier }) =>
      `${target}${weight === 1 ? '' : ` weight ${weight}`}${tier === 'backup' ? ' backup' : ''}`,
  );
  return texts.length === 1 ? texts.join() : `${texts.join(', ')} (${balance})`;
}

/** From where listeners can be reached: `on all addresses`, `on this machine alone`, `on 10.0.0.7`. */
export function addressesText(listeners: readonly PlannedListener[]): string {
  const bound = [...new Map(listeners.map(({ bind }) => [bind.address, bind])).values()];
  const all = (family: '0.0.0.0' | '::') =>
    bound.some(({ address, dualStack }) => address === family || (address === '::' && dualStack));
  if (all('0.0.0.0') && all('::')) return 'on all addresses';
  if (bound.every(isLoopback)) return 'on this machine alone';
  const texts = bound.map(({ address }) => {
    if (address === '0.0.0.0') return 'all IPv4 addresses';
    return address === '::' ? 'all IPv6 addresses' : address;
  });
  return `on ${texts.join(', ')}`;
}

export function isLoopback({ address }: Pick<BindAddress, 'address'>): boolean {
  return address === '::1' || address.startsWith('127.');
}

export interface ServedHost {
  readonly host: number;
  /** The host's own address. */
  readonly address: string;
}

/** Hosts in rising order, each once however many addresses are bound; of one service, or of all. */
export function servedHosts(plan: Plan, service?: string): readonly ServedHost[] {
  const addresses = new Map<number, string>();
  for (const { kind, name, host, pool } of plan.listeners) {
    if (kind !== 'service' || host === undefined || (service ?? name) !== name) continue;
    addresses.set(host, hostText(pool.targets[0]));
  }
  return [...addresses].map(([host, address]) => ({ host, address })).sort((a, b) => a.host - b.host);
}
