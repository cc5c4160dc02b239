import type { MachineFacts } from '../base/machine-facts.ts';
import type { Problem } from '../base/problem.ts';
import type { ConfigPath } from '../config/layer.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { scopesOf } from '../config/scopes.ts';
import { isOwn } from './own-targets.ts';

/** The addresses of `dialFrom` that this machine does not have: every dial from one of them would fail. */
export function checkDialFrom(loaded: LoadedConfig, facts: MachineFacts): readonly Problem[] {
  // Some sandboxes do not tell any address.
  if (facts.addresses.length === 0) return [];
  const { config } = loaded;
  const all = [
    { path: [], list: config.dialFrom },
    ...scopesOf(config).map(({ path, own }) => ({ path, list: own.dialFrom ?? [] })),
  ];
  return all.flatMap(({ path, list }) => foreign([...path, 'dialFrom'], list, loaded, facts));
}

function foreign(
  path: ConfigPath,
  list: readonly string[],
  loaded: LoadedConfig,
  facts: MachineFacts,
): readonly Problem[] {
  return list.flatMap((address, index): Problem[] => {
    const [literal = address] = address.split('%');
    if (isOwn(literal, facts)) return [];
    const message = `Cannot dial from ${address}: no interface of this machine has that address; name one that is there, or leave it out`;
    return [{ place: loaded.place([...path, index]), message }];
  });
}
