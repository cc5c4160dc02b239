import { z } from 'zod';
import { formatIp, type Ip, parseIp } from '../base/ip.ts';
import { readIpv4Network } from '../base/ipv4-network.ts';
import type { About } from './section.ts';

const networkHint = 'write a network or an address, like 10.0.0.0/8, "fd00::/8" or 192.0.2.7';
const listHint = 'write a list of networks, like [10.0.0.0/8, "fd00::/8"]';

/** Wrong items of one list that get a message each; the others are counted in one more. */
const mostShown = 100;

const item = { type: 'string', examples: ['10.0.0.0/8', 'fd00::/8', '192.0.2.7'] };

/**
 * One network of clients or a list of them, each in one spelling (`parseNetwork`). A list may have a million items, and
 * zod would make several objects for each, so it is read as a whole. It is frozen, so that every holder may share it.
 */
export function networks(
  description: string,
  about: About,
): z.ZodPipe<z.ZodUnknown, z.ZodTransform<readonly string[], unknown>> {
  return z
    .unknown()
    .meta({ description, placeholder: 'CIDR', ...about, anyOf: [item, { type: 'array', items: item }] })
    .transform((written, context): readonly string[] => {
      const problem = (message: string, input: unknown, path: number[] = []): void => {
        context.issues.push({ code: 'custom', message, input, path });
      };
      if (typeof written === 'string') {
        const network = readItem(written);
        if (network.ok) return Object.freeze([network.network]);
        problem(written.includes(',') ? listHint : whatInstead(network), written);
        return z.NEVER;
      }
      if (!Array.isArray(written)) {
        problem(listHint, written);
        return z.NEVER;
      }
      const known = lists.get(written);
      if (known !== undefined) return known;
      const read: string[] = [];
      let wrong = 0;
      for (const [index, text] of written.entries()) {
        const network = readItem(text);
        if (network.ok) {
          read.push(network.network);
          continue;
        }
        wrong += 1;
        if (wrong <= mostShown) problem(whatInstead(network), text, [index]);
      }
      if (wrong > mostShown) {
        problem(`${wrong - mostShown} more of its items are no networks; ${networkHint}`, written);
      }
      Object.freeze(read);
      if (wrong === 0) lists.set(written, read);
      return read;
    });
}

function whatInstead({ proposal }: { readonly proposal?: string }): string {
  return proposal === undefined ? networkHint : `it is no network; did you mean ${proposal}?`;
}

/** Lists without a wrong item, as read: the schema reads a configuration several times. */
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
