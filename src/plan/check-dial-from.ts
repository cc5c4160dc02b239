import { parseIp } from '../base/ip.ts';
import type { MachineFacts } from '../base/machine-facts.ts';
import type { Problem } from '../base/problem.ts';
import type { ConfigPath } from '../config/layer.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import { scopesOf } from '../config/scopes.ts';
import { KnownAddresses } from './own-targets.ts';

/** The problems of addresses of `dialFrom` that this machine does not have: every dial from them would fail. */
export function checkDialFrom(loaded: LoadedConfig, facts: MachineFacts): readonly Problem[] {
  // Some sandboxes show no address at all.
  if (facts.addresses.length === 0) return [];
  const { config } = loaded;
  const own = new KnownAddresses(facts, []);
  const all = [
    { path: [], list: config.dialFrom },
    ...scopesOf(config).map(({ path, own }) => ({ path, list: own.dialFrom ?? [] })),
  ];
  return all.flatMap(({ path, list }) => foreign([...path, 'dialFrom'], list, loaded, own));
}

function foreign(
  path: ConfigPath,
  list: readonly string[],
  loaded: LoadedConfig,
  own: KnownAddresses,
): readonly Problem[] {
  return list.flatMap((address, index): Problem[] => {
    const ip = parseIp(address);
    if (ip !== undefined && own.isLocal(ip)) return [];
    const why = 'no interface of this machine has that address';
    const message = `Cannot dial from ${address}: ${why}; name one that is there, or leave it out`;
    const networkNotUp = `no interface holds ${address} to dial from`;
    return [{ place: loaded.place([...path, index]), message, networkNotUp }];
  });
}
