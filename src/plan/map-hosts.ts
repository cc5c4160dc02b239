import { type Ipv4Subnet, lastUsableHost, subnetSize } from '../base/cidr.ts';
import type { Problem } from '../base/problem.ts';
import { formatHostRange, type HostRange } from '../config/host-range.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import type { GatewayConfig } from '../config/schema.ts';
import { type HostSet, hostSet, skippedRange } from './host-set.ts';

/** The last host that is mapped by default. */
const defaultLastHost = 254;

/** Which hosts of the subnet are mapped. With a problem, only those that are mapped in any case. */
export interface MappedHosts {
  readonly hosts: HostSet;
  readonly notes: readonly string[];
  readonly problems: readonly Problem[];
}

/** `hosts` without `skip`; what reaches beyond the subnet is a problem. */
export function mapHosts(gateway: GatewayConfig, subnet: Ipv4Subnet, loaded: LoadedConfig): MappedHosts {
  const last = lastUsableHost(subnet);
  const end = subnetSize(subnet) - 1;
  const hosts = gateway.hosts ?? [{ from: 1, to: Math.min(last, defaultLastHost) }];
  const fits = ({ to }: HostRange) => to <= end;
  const hostProblems = hosts.flatMap((range, index): readonly Problem[] => {
    if (fits(range)) return [];
    const why = `${subnet.text} has hosts 1 to ${last}`;
    const message = `Cannot map hosts ${formatHostRange(range)}: ${why}; write host numbers up to ${last}`;
    return [{ place: loaded.place(['gateway', 'hosts', index]), message }];
  });
  const skipProblems = gateway.skip.flatMap((entry, index): readonly Problem[] => {
    const range = skippedRange(subnet, entry);
    if (range !== undefined && fits(range)) return [];
    const what = 'address' in entry ? entry.address : `host ${formatHostRange(entry)}`;
    const why = `it is outside of ${subnet.text}, which has hosts 1 to ${last}`;
    const message = `Cannot skip ${what}: ${why}; leave it out of skip`;
    return [{ place: loaded.place(['gateway', 'skip', index]), message }];
  });
  const notes =
    gateway.hosts === undefined && last > defaultLastHost
      ? [`Only hosts 1 to ${defaultLastHost} of ${subnet.text} are mapped, of ${last}; name more with --hosts`]
      : [];
  return {
    hosts: skipProblems.length > 0 ? [] : hostSet(subnet, hosts.filter(fits), gateway.skip),
    notes,
    problems: [...hostProblems, ...skipProblems],
  };
}
