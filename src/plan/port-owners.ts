import { clash } from './bind-addresses.ts';
import { highestPort, type ListenerGroup, portsOf } from './listener-group.ts';

/** Two groups that want the same ports on addresses that cannot both be bound. */
export interface Overlap {
  /** Comes first in the configuration, and keeps the ports. */
  readonly first: ListenerGroup;
  readonly second: ListenerGroup;
  /** The lowest and the highest port wanted by both. */
  readonly from: number;
  readonly to: number;
}

/** Which groups listen on which ports, and where they clash. */
export interface PortOwners {
  readonly overlaps: readonly Overlap[];
  /** The groups that listen on a port; they do not clash with each other. */
  on(port: number): readonly ListenerGroup[];
}

/** Gives each port to the first group that wants it. Two groups have one overlap, not one for each port. */
export function portOwners(groups: readonly ListenerGroup[]): PortOwners {
  const owners = new Array<ListenerGroup[] | undefined>(highestPort + 1);
  const overlaps = new Map<ListenerGroup, Map<ListenerGroup, Overlap>>();
  for (const second of groups) {
    for (const port of portsOf(second)) {
      const here = owners[port];
      const first = here?.find((owner) => inTheWay(owner, second));
      if (first === undefined) {
        if (here === undefined) owners[port] = [second];
        else here.push(second);
        continue;
      }
      const ofSecond = overlaps.get(second) ?? new Map<ListenerGroup, Overlap>();
      overlaps.set(second, ofSecond.set(first, { first, second, from: ofSecond.get(first)?.from ?? port, to: port }));
    }
  }
  return {
    overlaps: [...overlaps.values()].flatMap((ofSecond) => [...ofSecond.values()]),
    on: (port) => owners[port] ?? [],
  };
}

function inTheWay(a: ListenerGroup, b: ListenerGroup): boolean {
  return a.addresses.some((one) => b.addresses.some((other) => clash(one, other)));
}
