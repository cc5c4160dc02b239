import { formatEndpoint } from '../base/address.ts';
import type { Plan, PlannedListener } from '../plan/plan.ts';
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
  readonly target: string;
}

export function servedServices(plan: Plan): readonly ServedService[] {
  return plan.services.map(({ name, base, port }) => {
    const numbers = servedHosts(plan, name).map(({ host }) => host);
    const ports = numbers.map((host) => base + host);
    return { name, base, port, hosts: numberRanges(numbers), ports: numberRanges(ports) };
  });
}

/** A forward on several addresses is one. */
export function servedForwards(plan: Plan): readonly ServedForward[] {
  const forwards = plan.listeners.filter(({ kind }) => kind === 'forward');
  return [...new Map(forwards.map((listener) => [listener.name, listener])).values()].map((listener) => ({
    listen: listener.name,
    target: targetOf(listener),
  }));
}

export interface ServedHost {
  readonly host: number;
  /** The host's own address. */
  readonly address: string;
}

/** Hosts in rising order, each once however many addresses are bound; of one service, or of all. */
export function servedHosts(plan: Plan, service?: string): readonly ServedHost[] {
  const addresses = new Map<number, string>();
  for (const { kind, name, host, targets } of plan.listeners) {
    if (kind === 'service' && host !== undefined && (service ?? name) === name) addresses.set(host, targets[0].host);
  }
  return [...addresses].map(([host, address]) => ({ host, address })).sort((a, b) => a.host - b.host);
}

function targetOf({ targets: [target] }: PlannedListener): string {
  return formatEndpoint(target.host, target.port);
}
