import { formatEndpoint } from '../base/address.ts';
import { type Host, hostText } from '../base/host.ts';
import { formatIp, ipOf } from '../base/ip.ts';
import { broadcastOf, type MachineFacts } from '../base/machine-facts.ts';
import type { Problem } from '../base/problem.ts';
import { forbiddenTarget, meanings } from '../base/special-addresses.ts';
import type { ConfigPath } from '../config/layer.ts';
import { firstWritten, type LoadedConfig } from '../config/read-config.ts';
import type { ForwardGroup, ListenerGroup } from './listener-group.ts';
import { type KnownAddresses, ownHost, ownTarget } from './own-targets.ts';
import type { PlannedTarget } from './plan.ts';
import type { PortOwners } from './port-owners.ts';

/**
 * The problems of a group's targets, as far as they are written down. The addresses of a name are checked when it is
 * dialed (`TargetGuard`), and the subnet was checked where it was resolved.
 */
export function checkTargets(
  group: ListenerGroup,
  owners: PortOwners,
  loaded: LoadedConfig,
  facts: MachineFacts,
  own: KnownAddresses,
): readonly Problem[] {
  if (group.kind === 'service') {
    const path = ['gateway', 'services', group.name, 'port'];
    const message = ownHost(group, owners, own);
    return message === undefined ? [] : [{ place: firstWritten(loaded, [path]), message }];
  }
  return group.pools[0].targets.flatMap((_, index) => {
    // A range has one target for each of its ports; the first that is wrong stands for all of them.
    const targets = group.pools.flatMap(({ targets }) => targets[index] ?? []);
    const whyOf = (target: PlannedTarget) => forbidden(target, facts) ?? ownTarget(target, owners, own);
    const target = targets.find((one) => whyOf(one) !== undefined);
    const why = target && whyOf(target);
    if (target === undefined || why === undefined) return [];
    const endpoint = formatEndpoint(hostText(target), target.port);
    const message = `Cannot forward ${group.name} to ${endpoint}: that is ${why}; name another target`;
    return [{ place: firstWritten(loaded, targetPaths(group, index)), message }];
  });
}

function forbidden(host: Host, { addresses }: MachineFacts): string | undefined {
  if ('name' in host) return undefined;
  const ip = ipOf(host.address);
  const meant = meanings(ip).map(formatIp);
  const network = addresses.find((own) => meant.includes(broadcastOf(own) ?? ''));
  return forbiddenTarget(ip) ?? (network && `the broadcast address of the network of ${network.interface}`);
}

/** A target may stand alone or in a list, as a text or as a mapping. */
function targetPaths({ index }: ForwardGroup, target: number): readonly ConfigPath[] {
  const to = ['forwards', index, 'to'];
  return [[...to, target, 'target'], [...to, target], [...to, 'target'], to];
}
