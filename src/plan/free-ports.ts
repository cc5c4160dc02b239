import { span } from './host-set.ts';
import { type ForwardGroup, highestPort, type ListenerGroup, portsOf, type ServiceGroup } from './listener-group.ts';

/** Finds ports to propose in place of those that cannot be used: ports that are free on every address. */
export class FreePorts {
  private readonly groups: readonly ListenerGroup[];
  private readonly lowest: number;
  /** What was proposed already: proposals must fit beside each other, too. */
  private readonly moved = new Map<ListenerGroup, ListenerGroup>();

  /** `lowest` is the lowest port that may be bound. */
  constructor(groups: readonly ListenerGroup[], lowest: number) {
    this.groups = groups;
    this.lowest = Math.max(1, lowest);
  }

  /** The base that was proposed for a service before, if any. */
  proposed(service: ListenerGroup): number | undefined {
    const moved = this.moved.get(service);
    return moved?.kind === 'service' ? moved.base : undefined;
  }

  /** A base at which none of the service's ports is taken: the next round one, or else any. */
  base(service: ServiceGroup): number | undefined {
    const earlier = this.proposed(service);
    if (earlier !== undefined) return earlier;
    const hosts = span(service.hosts);
    if (hosts === undefined) return undefined;
    const taken = this.takenBelow(service);
    const low = Math.max(1, this.lowest - hosts.from);
    const high = highestPort - hosts.to;
    const fits = (base: number) =>
      base >= low && base <= high && taken[base + hosts.to + 1] === taken[base + hosts.from];
    const base =
      firstOf(Math.ceil(service.base / 1000) * 1000, high, 1000, fits) ??
      firstOf(Math.ceil(low / 1000) * 1000, high, 1000, fits) ??
      firstOf(low, high, 1, fits);
    if (base !== undefined) this.moved.set(service, { ...service, base });
    return base;
  }

  /** A free port for a forward near another one, rather above it than below; for a range the first of as many. */
  port(forward: ForwardGroup, near: number): number | undefined {
    const earlier = this.moved.get(forward);
    if (earlier?.kind === 'forward') return earlier.port;
    const taken = this.takenBelow(undefined);
    const count = forward.pools.length;
    const fits = (port: number) => port >= this.lowest && taken[port + count] === taken[port];
    const port = firstOf(near, highestPort, 1, fits) ?? firstOf(this.lowest, near, 1, fits);
    if (port !== undefined) this.moved.set(forward, { ...forward, port });
    return port;
  }

  /** For each port, how many ports below it are taken by others: two equal figures mean that all between are free. */
  private takenBelow(except: ListenerGroup | undefined): Uint32Array {
    const taken = new Uint8Array(highestPort + 1);
    for (const group of this.groups) {
      if (group === except) continue;
      for (const port of portsOf(this.moved.get(group) ?? group)) taken[port] = 1;
    }
    const below = new Uint32Array(highestPort + 2);
    for (let port = 0; port <= highestPort; port += 1) below[port + 1] = (below[port] ?? 0) + (taken[port] ?? 0);
    return below;
  }
}

function firstOf(from: number, to: number, step: number, fits: (value: number) => boolean): number | undefined {
  for (let value = from; value <= to; value += step) if (fits(value)) return value;
  return undefined;
}
