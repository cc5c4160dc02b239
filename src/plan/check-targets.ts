import { formatEndpoint } from '../base/address.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import { broadcastOf, type MachineFacts } from '../base/machine-facts.ts';
import type { Problem } from '../base/problem.ts';
import { forbiddenTarget, meanings } from '../base/special-addresses.ts';
import type { ConfigPath } from '../config/layer.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { firstWritten } from './first-written.ts';
import { type ForwardGroup, type ListenerGroup, portPath } from './listener-group.ts';
import { type KnownAddresses, ownHost, ownTarget } from './own-targets.ts';
import type { PlannedTarget } from './plan.ts';
import type { PortOwners } from './port-owners.ts';

/**
 * The problems of a group's targets, as far as they are written down: what a name leads to is looked at when it is
 * dialed (`targetGuard`), and the subnet has been checked where it was resolved.
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
    const message = loaded.readable(path) ? ownHost(group, owners, own) : undefined;
    return message === undefined ? [] : [{ place: firstWritten(loaded, [path]), message }];
  }
  const name = loaded.readable(portPath(group)) ? `${group.name} ` : '';
  return group.pools[0].targets.flatMap((_, index) => {
    // A range has one target for each of its ports; the first that is wrong stands for all of them.
    const targets = group.pools.flatMap(({ targets }) => targets[index] ?? []);
    const whyOf = (target: PlannedTarget) => forbidden(target, facts) ?? ownTarget(target, owners, own);
    const target = targets.find((one) => whyOf(one) !== undefined);
    const why = target && whyOf(target);
    if (target === undefined || why === undefined) return [];
    const message = `Cannot forward ${name}to ${formatEndpoint(target.host, target.port)}: that is ${why}; name another target`;
    return [{ place: firstWritten(loaded, targetPaths(group, index)), message }];
  });
}

function forbidden({ host }: PlannedTarget, { addresses }: MachineFacts): string | undefined {
  const ip = parseIp(host);
  if (ip === undefined) return undefined;
  const meant = meanings(ip).map(formatIp);
  const network = addresses.find((own) => meant.includes(broadcastOf(own) ?? ''));
  return forbiddenTarget(ip) ?? (network && `the broadcast address of the network of ${network.interface}`);
}

/** A target may stand alone or in a list, as a text or as a mapping. */
function targetPaths({ index }: ForwardGroup, target: number): readonly ConfigPath[] {
  const to = ['forwards', index, 'to'];
  return [[...to, target, 'target'], [...to, target], [...to, 'target'], to];
}
