import { z } from 'zod';
import { parseAddress } from '../base/address.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import { forbiddenTarget, isLoopback } from '../base/special-addresses.ts';
import { hint, listOf } from './section.ts';

/** Addresses of this machine: where it listens, what it dials from, and where others reach it. Each in one spelling. */

/** Addresses that listeners are bound to. */
export const bind = listOf(
  address('write an IP address, like 0.0.0.0 or "::"', ['0.0.0.0', '::', '127.0.0.1'], parseAddress),
  {
    description: 'Address to listen on, of services and of forwards that name none',
    flag: 'bind',
    placeholder: 'ADDR',
    byDefault: '0.0.0.0 and ::',
    listHint: 'write a list of IP addresses, like ["0.0.0.0", "::"]',
    fewest: 1,
  },
);

/** Addresses that NAT leads to this machine, such as a floating IP. No interface has them, so they must be named. */
export const publicAddresses = listOf(
  address(
    'write an IP address at which others reach this machine, like 203.0.113.7',
    ['203.0.113.7', '2001:db8::7'],
    parsePublic,
  ),
  {
    description:
      'Address at which others reach this machine by NAT, like its floating IP; no target may lead back by it',
    flag: 'public-address',
    placeholder: 'ADDR',
    byDefault: 'none',
    listHint: 'write a list of IP addresses, like [203.0.113.7]',
  },
);

/** Addresses that targets are dialed from. */
export const dialFrom = listOf(
  address(
    'write an address of this machine, like 192.0.2.10 or "2001:db8::10"',
    ['192.0.2.10', '2001:db8::10'],
    parseAddress,
  ),
  {
    description: 'Own address to dial targets from; several take turns',
    flag: 'dial-from',
    placeholder: 'ADDR',
    byDefault: 'the one that the kernel chooses',
    listHint: 'write a list of addresses of this machine, like [192.0.2.10, 192.0.2.11]',
  },
);

function address(wanted: string, examples: string[], parse: (text: string) => string | undefined) {
  return z
    .string(hint(wanted))
    .meta({ examples })
    .transform((text, context) => {
      const read = parse(text.trim());
      if (read !== undefined) return read;
      context.issues.push({ code: 'custom', message: wanted, input: text });
      return z.NEVER;
    });
}

function parsePublic(text: string): string | undefined {
  const ip = text.includes('%') ? undefined : parseIp(text);
  if (ip === undefined || isLoopback(ip) || forbiddenTarget(ip) !== undefined) return undefined;
  return formatIp(ip);
}
