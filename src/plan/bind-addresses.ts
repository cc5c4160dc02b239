import type { MachineFacts } from '../base/machine-facts.ts';
import type { Problem } from '../base/problem.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import type { BindAddress } from './plan.ts';

/** Where a listener is bound, its port aside. */
export type BoundAddress = Omit<BindAddress, 'port'>;

/** What `bind` comes to on this machine. */
export interface BindAddresses {
  readonly addresses: readonly BoundAddress[];
  readonly notes: readonly string[];
  readonly problems: readonly Problem[];
}

/** Both wildcards become one dual-stack socket a port; without IPv6 the IPv4 one serves alone, with a note. */
export function bindAddresses(loaded: LoadedConfig, facts: MachineFacts): BindAddresses {
  const { bind } = loaded.config;
  const problems: Problem[] = [];
  const notes: string[] = [];
  const cannot = (index: number, message: string) => problems.push({ place: loaded.place(['bind', index]), message });

  const dualStack = bind.includes('0.0.0.0') && bind.includes('::');
  const addresses: BoundAddress[] = [];
  bind.forEach((address, index) => {
    const wildcard = isIpv6(address) ? '::' : '0.0.0.0';
    if (bind.indexOf(address) !== index) {
      cannot(index, `Cannot bind ${address} twice: it is in the list already; leave one of them out`);
    } else if (address !== wildcard && bind.includes(wildcard)) {
      cannot(
        index,
        `Cannot bind ${address} beside ${wildcard}: ${wildcard} takes its ports already; leave one of them out`,
      );
    } else if (dualStack && address === wildcard) {
      if (address === '::' && facts.ipv6) addresses.push({ address, dualStack: true });
      if (address === '0.0.0.0' && !facts.ipv6) {
        addresses.push({ address, dualStack: false });
        notes.push('This machine has no IPv6: listening on 0.0.0.0 only');
      }
    } else if (isIpv6(address) && !facts.ipv6) {
      cannot(index, `Cannot bind ${address}: this machine has no IPv6; bind an IPv4 address`);
    } else {
      addresses.push({ address, dualStack: false });
    }
  });
  return { addresses, notes, problems };
}

/** Whether two addresses cannot both be bound on one port (bind(2), EADDRINUSE; ipv6(7), IPV6_V6ONLY). */
export function clash(a: BoundAddress, b: BoundAddress): boolean {
  return covers(a, b.address) || covers(b, a.address);
}

/** Whether a connection to an address of this machine reaches a socket bound so. */
export function covers(bound: BoundAddress, address: string): boolean {
  if (bound.dualStack || bound.address === address) return true;
  return bound.address === (isIpv6(address) ? '::' : '0.0.0.0');
}

function isIpv6(address: string): boolean {
  return address.includes(':');
}
