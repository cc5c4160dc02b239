import { subnetOf } from '../base/cidr.ts';
import type { OwnAddress } from '../base/machine-facts.ts';

/** The network that an address of this machine lies in, and one line that says how that is known. */
export interface LocalSubnet {
  /** CIDR notation. */
  readonly subnet: string;
  readonly how: string;
}

/** What the tutorial assumes of every network. */
const assumedPrefix = 24;
/** A /31 or /32 on an interface (point-to-point, some clouds) says nothing of the network around it. */
const longestPrefix = 30;

/** Takes the prefix from the interface that holds `address` (IPv4), else /24. */
export function localSubnet(address: string, own: readonly OwnAddress[]): LocalSubnet {
  const holder = own.find((candidate) => candidate.address === address);
  if (holder !== undefined && holder.prefix <= longestPrefix) {
    const subnet = subnetOf(address, holder.prefix).text;
    return { subnet, how: `${subnet} is the network of ${holder.interface}, which holds ${address}` };
  }
  const subnet = subnetOf(address, assumedPrefix).text;
  const why =
    holder === undefined ? `no interface holds ${address}` : `${holder.interface} holds ${address}/${holder.prefix}`;
  return { subnet, how: `${why}: a /${assumedPrefix} network is assumed, ${subnet}` };
}
