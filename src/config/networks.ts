import { z } from 'zod';
import { formatIp, type Ip, parseIp } from '../base/ip.ts';
import { hint } from './section.ts';

const networkHint = 'write a network or an address, like 10.0.0.0/8, "fd00::/8" or 192.0.2.7';
const listHint = 'write a list of networks, like [10.0.0.0/8, "fd00::/8"]';

/** Networks of clients, each in one spelling: see `parseNetwork`. */
export function networks(description: string): z.ZodArray<z.ZodPipe<z.ZodString, z.ZodTransform<string, string>>> {
  const network = z
    .string(hint(networkHint))
    .meta({ examples: ['10.0.0.0/8', 'fd00::/8', '192.0.2.7'] })
    .transform((text, context) => {
      const parsed = parseNetwork(text.trim());
      if (parsed.ok) return parsed.network;
      const message =
        parsed.proposal === undefined ? networkHint : `it is no network; did you mean ${parsed.proposal}?`;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    });
  return z.array(network, hint(listHint)).meta({ description });
}

export type ParsedNetwork =
  /** CIDR notation in one spelling. */
  | { readonly ok: true; readonly network: string }
  /** `proposal` is the network that the text probably means, where there is one. */
  | { readonly ok: false; readonly proposal?: string };

/**
 * Reads CIDR notation of either family, or an address, which is a network of one. Strict: host bits are refused, with
 * the network they lie in as the proposal. IPv4-mapped networks come out as IPv4; zones mean nothing here.
 */
export function parseNetwork(text: string): ParsedNetwork {
  const [, address = '', digits] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const ip = parseIp(address);
  if (ip === undefined) return { ok: false };
  const width = address.includes(':') ? 128 : 32;
  const written = digits === undefined ? width : Number(digits);
  // Of an IPv4-mapped address the last 32 bits are left, and the prefix counts from there.
  const prefix = typeof ip === 'number' && width === 128 ? written - 96 : written;
  if (written > width || prefix < 0) return { ok: false };
  const network = networkOf(ip, prefix);
  const spelled = `${formatIp(network)}/${prefix}`;
  return network === ip ? { ok: true, network: spelled } : { ok: false, proposal: spelled };
}

function networkOf(ip: Ip, prefix: number): Ip {
  if (typeof ip === 'number') return ip - (ip % 2 ** (32 - prefix));
  const hostBits = BigInt(128 - prefix);
  return (ip >> hostBits) << hostBits;
}
