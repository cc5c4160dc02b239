import { isIPv4 } from 'node:net';

/** An IPv4 network; host n is the address at offset n in it. Plain data. */
export interface Ipv4Subnet {
  /** CIDR notation, `192.168.20.0/24`. */
  readonly text: string;
  /** The network address as an unsigned 32-bit number. */
  readonly network: number;
  /** 0 to 32. */
  readonly prefix: number;
}

export type ParsedSubnet =
  | { readonly ok: true; readonly subnet: Ipv4Subnet }
  /** `proposal` is the network that the text probably means, where there is one. */
  | { readonly ok: false; readonly proposal?: string };

/** Reads CIDR notation strictly: host bits are refused, with the network they lie in as the proposal. */
export function parseSubnet(text: string): ParsedSubnet {
  const match = /^([\d.]+)\/(\d{1,2})$/.exec(text);
  if (match === null) return isIPv4(text) ? { ok: false, proposal: subnetOf(text, 24).text } : { ok: false };
  const [, address = '', digits = ''] = match;
  const prefix = Number(digits);
  if (!isIPv4(address) || prefix > 32) return { ok: false };
  const subnet = subnetOf(address, prefix);
  if (addressToNumber(address) !== subnet.network) return { ok: false, proposal: subnet.text };
  return { ok: true, subnet: { ...subnet, text: `${address}/${prefix}` } };
}

/** The network that a valid IPv4 address lies in: (`192.0.2.7`, 24) -> `192.0.2.0/24`. */
export function subnetOf(address: string, prefix: number): Ipv4Subnet {
  const size = 2 ** (32 - prefix);
  const network = Math.floor(addressToNumber(address) / size) * size;
  return { text: `${numberToAddress(network)}/${prefix}`, network, prefix };
}

/** How many addresses the subnet has, network and broadcast included. */
export function subnetSize(subnet: Ipv4Subnet): number {
  return 2 ** (32 - subnet.prefix);
}

/** The highest host number that is not the broadcast address; below 1 where a subnet has no such host (/31, /32). */
export function lastUsableHost(subnet: Ipv4Subnet): number {
  return subnetSize(subnet) - 2;
}

/** The address of host n. The caller keeps n inside the subnet. */
export function hostAddress(subnet: Ipv4Subnet, n: number): string {
  return numberToAddress(subnet.network + n);
}

/** The host number of a valid IPv4 address, or `undefined` where it lies outside of the subnet. */
export function hostNumber(subnet: Ipv4Subnet, address: string): number | undefined {
  const n = addressToNumber(address) - subnet.network;
  return n >= 0 && n < subnetSize(subnet) ? n : undefined;
}

/** Whether a valid IPv4 address lies in the subnet. */
export function contains(subnet: Ipv4Subnet, address: string): boolean {
  return hostNumber(subnet, address) !== undefined;
}

// Multiplication, not shifts: bitwise operators are signed 32-bit, and 192.168.0.0 would come out negative.
function addressToNumber(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

function numberToAddress(value: number): string {
  return [2 ** 24, 2 ** 16, 2 ** 8, 1].map((place) => Math.floor(value / place) % 256).join('.');
}
