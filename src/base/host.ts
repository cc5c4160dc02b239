import { isIP } from 'node:net';

/** Where a target is: an address, or a name that is looked up at each dial. Plain data; IPv6 without brackets. */
export type Host = { readonly address: string } | { readonly name: string };

/** Reads a text that is known to be an IP literal or a host name (`parseEndpoint`). */
export function hostOf(text: string): Host {
  return isIP(text) === 0 ? { name: text } : { address: text };
}

/** The host as it was written. */
export function hostText(host: Host): string {
  return 'address' in host ? host.address : host.name;
}
