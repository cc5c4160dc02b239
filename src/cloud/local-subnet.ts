import { subnetOf } from '../base/cidr.ts';
import { parseIp } from '../base/ip.ts';
import type { OwnAddress } from '../base/machine-facts.ts';
import { isLoopback } from '../base/special-addresses.ts';

/** The network that an address of this machine lies in, or why it is no address of this machine. */
export type LocalSubnet =
  /** `subnet` in CIDR notation; `how` is one line with its source. */
  | { readonly kind: 'found'; readonly subnet: string; readonly how: string }
  /** `why` reads like `no interface of this machine holds 8.8.8.8`. */
  | { readonly kind: 'not ours'; readonly why: string };

/** What the tutorial assumes of every network. */
const assumedPrefix = 24;
/** A /31 or /32 on an interface (point-to-point, some clouds) does not show the network around it. */
const longestPrefix = 30;
/** The loopback interface of Linux, and of the BSDs. */
const loopback = /^lo\d*$/;

/** Takes the prefix from the interface that holds `address` (IPv4), which must not be loopback. */
export function localSubnet(address: string, own: readonly OwnAddress[]): LocalSubnet {
  const ip = parseIp(address);
  if (ip !== undefined && isLoopback(ip)) return { kind: 'not ours', why: `${address} is a loopback address` };
  const holders = own.filter((candidate) => candidate.address === address);
  if (holders.length === 0) return { kind: 'not ours', why: `no interface of this machine holds ${address}` };
  const outside = holders.filter((candidate) => !loopback.test(candidate.interface));
  const holder = outside.find(({ prefix }) => prefix <= longestPrefix) ?? outside[0];
  if (holder === undefined) return { kind: 'not ours', why: `only the loopback interface holds ${address}` };
  if (holder.prefix <= longestPrefix) {
    const subnet = subnetOf(address, holder.prefix).text;
    return { kind: 'found', subnet, how: `${subnet} is the network of ${holder.interface}, which holds ${address}` };
  }
  const subnet = subnetOf(address, assumedPrefix).text;
  const held = `${holder.interface} holds ${address}/${holder.prefix}`;
  return { kind: 'found', subnet, how: `${held}: a /${assumedPrefix} network is assumed, ${subnet}` };
}
