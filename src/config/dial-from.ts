import { z } from 'zod';
import { parseAddress } from '../base/address.ts';
import { hint } from './section.ts';

const addressHint = 'write an address of this machine, like 192.0.2.10 or "2001:db8::10"';

/** Addresses of this machine that targets are dialed from, each in one spelling. */
export const dialFrom = z
  .array(
    z
      .string(hint(addressHint))
      .meta({ examples: ['192.0.2.10', '2001:db8::10'] })
      .transform((text, context) => {
        const address = parseAddress(text.trim());
        if (address !== undefined) return address;
        context.issues.push({ code: 'custom', message: addressHint, input: text });
        return z.NEVER;
      }),
    hint('write a list of addresses of this machine, like [192.0.2.10, 192.0.2.11]'),
  )
  .meta({ description: 'Own addresses that targets are dialed from, in turn; left out: the kernel chooses' });
