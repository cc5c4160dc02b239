import { parseAddress } from '../base/address.ts';

/** Host numbers from `from` to `to`, both included. */
export interface HostRange {
  readonly from: number;
  readonly to: number;
}

/** What `skip` may name: host numbers, or one address. */
export type SkippedHosts = HostRange | { readonly address: string };

/** What hosts and skip are to look like, for messages. */
export const hostsHint = 'write host numbers like 1-254 or 1-20,30';
export const skipHint = 'write host numbers, ranges or IPv4 addresses, like 17, 100-110 or 192.168.20.17';

/** Reads `30` or `1-20`; `undefined` for anything else, a range that runs backwards included. */
export function parseHostRange(text: string | number): HostRange | undefined {
  const match = /^(\d{1,10})(?:\s*-\s*(\d{1,10}))?$/.exec(String(text).trim());
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = match[2] === undefined ? from : Number(match[2]);
  return from <= to ? { from, to } : undefined;
}

/** Reads a host range or an IPv4 address. */
export function parseSkipped(text: string | number): SkippedHosts | undefined {
  const range = parseHostRange(text);
  if (range !== undefined) return range;
  const address = parseAddress(String(text).trim());
  return address === undefined || address.includes(':') ? undefined : { address };
}

/** `1-254`, or `30` for one host. */
export function formatHostRange({ from, to }: HostRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}
