import { z } from 'zod';
import { formatIp, parseIp } from '../base/ip.ts';
import { forbiddenTarget, isLoopback } from '../base/special-addresses.ts';
import { hint } from './section.ts';

const addressHint = 'write an IP address at which others reach this machine, like 203.0.113.7';

/** Addresses that NAT leads to this machine, such as a floating IP. No interface has them, so they must be named. */
export const publicAddresses = z
  .array(
    z
      .string(hint(addressHint))
      .meta({ examples: ['203.0.113.7', '2001:db8::7'] })
      .transform((text, context) => {
        const ip = text.includes('%') ? undefined : parseIp(text.trim());
        if (ip !== undefined && !isLoopback(ip) && forbiddenTarget(ip) === undefined) return formatIp(ip);
        context.issues.push({ code: 'custom', message: addressHint, input: text });
        return z.NEVER;
      }),
    hint('write a list of IP addresses, like [203.0.113.7]'),
  )
  .meta({ description: 'Addresses at which others reach this machine, by NAT: targets must not lead back by them' })
  .prefault([]);
