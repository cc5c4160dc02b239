import { hostNumber, type Ipv4Subnet, lastUsableHost } from '../base/cidr.ts';
import type { HostRange, SkippedHosts } from '../config/host-range.ts';

/**
 * The hosts that are mapped: ranges in rising order that neither touch nor overlap. Ranges, not numbers: a /8 has
 * 16 million hosts, and what does not fit the ports must be refused before they are counted.
 */
export type HostSet = readonly HostRange[];

/** `hosts` without `skip`, and without the subnet's network and broadcast addresses. */
export function hostSet(subnet: Ipv4Subnet, hosts: readonly HostRange[], skip: readonly SkippedHosts[]): HostSet {
  const usable = hosts
    .map(({ from, to }) => ({ from: Math.max(from, 1), to: Math.min(to, lastUsableHost(subnet)) }))
    .filter(({ from, to }) => from <= to)
    .sort((a, b) => a.from - b.from);
  const joined: HostRange[] = [];
  for (const range of usable) {
    const last = joined.at(-1);
    if (last !== undefined && range.from <= last.to + 1) {
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    } else joined.push(range);
  }
  return skip.reduce<HostSet>((left, entry) => without(left, skippedRange(subnet, entry)), joined);
}

/** The host numbers of an entry of `skip`; `undefined` for an address outside of the subnet. */
export function skippedRange(subnet: Ipv4Subnet, entry: SkippedHosts): HostRange | undefined {
  if (!('address' in entry)) return entry;
  const n = hostNumber(subnet, entry.address);
  return n === undefined ? undefined : { from: n, to: n };
}

/** Lowest and highest host, or `undefined` for an empty set. */
export function span(hosts: HostSet): HostRange | undefined {
  const [first] = hosts;
  const last = hosts.at(-1);
  return first === undefined || last === undefined ? undefined : { from: first.from, to: last.to };
}

/** Every host number up to `limit`, in rising order. */
export function* eachHost(hosts: HostSet, limit: number): Generator<number> {
  for (const { from, to } of hosts) {
    for (let n = from; n <= to && n <= limit; n += 1) yield n;
  }
}

function without(hosts: HostSet, gap: HostRange | undefined): HostSet {
  if (gap === undefined) return hosts;
  return hosts.flatMap((range) =>
    [
      { from: range.from, to: Math.min(range.to, gap.from - 1) },
      { from: Math.max(range.from, gap.to + 1), to: range.to },
    ].filter(({ from, to }) => from <= to),
  );
}
