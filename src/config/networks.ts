import { z } from 'zod';
import { formatIp, type Ip, parseIp } from '../base/ip.ts';
import { readIpv4Network } from '../base/ipv4-network.ts';

const networkHint = 'write a network or an address, like 10.0.0.0/8, "fd00::/8" or 192.0.2.7';
const listHint = 'write a list of networks, like [10.0.0.0/8, "fd00::/8"]';

/** Wrong items of one list that have a message each; the rest are a number. */
const mostShown = 100;

/**
 * Networks of clients, each in one spelling: see `parseNetwork`. The list is read as a whole, as it may have a million
 * items: zod would make several objects for each. It is frozen, so that a copy of the configuration may share it.
 */
export function networks(description: string): z.ZodPipe<z.ZodUnknown, z.ZodTransform<readonly string[], unknown>> {
  return z
    .unknown()
    .meta({ type: 'array', items: { type: 'string', examples: ['10.0.0.0/8', 'fd00::/8', '192.0.2.7'] }, description })
    .transform((list, context): readonly string[] => {
      if (!Array.isArray(list)) {
        context.issues.push({ code: 'custom', message: listHint, input: list });
        return z.NEVER;
      }
      const known = lists.get(list);
      if (known !== undefined) return known;
      const read: string[] = [];
      let wrong = 0;
      for (const [index, item] of list.entries()) {
        const network = readItem(item);
        if (network.ok) {
          read.push(network.network);
          continue;
        }
        wrong += 1;
        if (wrong > mostShown) continue;
        const { proposal } = network;
        const message = proposal === undefined ? networkHint : `it is no network; did you mean ${proposal}?`;
        context.issues.push({ code: 'custom', message, input: item, path: [index] });
      }
      if (wrong > mostShown) {
        const message = `${wrong - mostShown} more of its items are no networks; ${networkHint}`;
        context.issues.push({ code: 'custom', message, input: list });
      }
      Object.freeze(read);
      if (wrong === 0) lists.set(list, read);
      return read;
    });
}

/** Lists without a wrong item, as read: a configuration is looked at several times, and such a list does not change. */
const lists = new WeakMap<readonly unknown[], readonly string[]>();

function readItem(item: unknown): ParsedNetwork {
  if (typeof item !== 'string') return { ok: false };
  return readIpv4Network(item) >= 0 ? { ok: true, network: item } : parseNetwork(item.trim());
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
