import { formatEndpoint } from '../base/address.ts';
import type { Plan, PlannedPool, PlannedTarget } from '../plan/plan.ts';
import { numberRanges } from './number-ranges.ts';

/** A service as people and programs are told of it. */
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

/** A forward on several addresses, or on a range of ports, is one. */
export function servedForwards(plan: Plan): readonly ServedForward[] {
  const forwards = plan.listeners.filter(({ kind }) => kind === 'forward');
  const last = new Map(forwards.map(({ name, pool }) => [name, pool]));
  const first = new Map(forwards.toReversed().map(({ name, pool }) => [name, pool]));
  return [...last.keys()].flatMap((listen): ServedForward[] => {
    const pool = first.get(listen);
    if (pool === undefined) return [];
    const targets = pool.targets.map(({ host, port, weight, tier }, index) => {
      const lastPort = last.get(listen)?.targets[index]?.port ?? port;
      return { target: `${formatEndpoint(host, port)}${lastPort === port ? '' : `-${lastPort}`}`, weight, tier };
    });
    return [{ listen, targets, balance: pool.balance }];
  });
}

/** `10.0.0.5:80`, or `10.0.0.5:80, 10.0.0.6:80 weight 2, 10.0.0.7:80 backup (roundrobin)`. */
export function targetsLine({ targets, balance }: ServedForward): string {
  const texts = targets.map(
    ({ target, weight, tier }) =>
      `${target}${weight === 1 ? '' : ` weight ${weight}`}${tier === 'backup' ? ' backup' : ''}`,
  );
  return texts.length === 1 ? texts.join() : `${texts.join(', ')} (${balance})`;
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
    addresses.set(host, pool.targets[0].host);
  }
  return [...addresses].map(([host, address]) => ({ host, address })).sort((a, b) => a.host - b.host);
}
