import type { MachineFacts } from '../base/machine-facts.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { bindAddresses } from './bind-addresses.ts';
import { forwardGroups } from './listener-group.ts';

/** The addresses that listeners will be bound to and an interface has to hold: all but the wildcards. */
export function listenAddresses(loaded: LoadedConfig, facts: MachineFacts): readonly string[] {
  const bind = bindAddresses(loaded, facts).addresses;
  const services = loaded.config.gateway === undefined ? [] : bind;
  const all = [...services, ...forwardGroups(loaded, bind, facts).flatMap(({ addresses }) => addresses)];
  const named = all.map(({ address }) => address).filter((address) => address !== '0.0.0.0' && address !== '::');
  return [...new Set(named)];
}
