import { z } from 'zod';
import { parseAddress } from '../base/address.ts';
import { forwardSchema } from './forward.ts';
import { gatewaySchema } from './gateway.ts';
import { namesSchema } from './names.ts';
import { publicAddresses } from './public-addresses.ts';
import { globalSettings } from './scope-settings.ts';
import { hint, section } from './section.ts';

/**
 * The configuration: every key, its default, and how it is read. Keys whose behaviour is not built are not here.
 *
 * Messages of this schema are hints (`write a duration like 5s`): `describe-issue.ts` puts the key and its current
 * value before them.
 */

const bindHint = 'write a list of IP addresses, like ["0.0.0.0", "::"]';
const bind = z
  .array(
    z
      .string(hint('write an IP address, like 0.0.0.0 or "::"'))
      .meta({ examples: ['0.0.0.0', '::', '127.0.0.1'] })
      .transform((text, context) => {
        const address = parseAddress(text);
        if (address !== undefined) return address;
        context.issues.push({ code: 'custom', message: 'write an IP address, like 0.0.0.0 or "::"', input: text });
        return z.NEVER;
      }),
    hint(bindHint),
  )
  .min(1, hint(bindHint))
  .meta({ description: 'Addresses that services, and forwards without an address, listen on' })
  .prefault(['0.0.0.0', '::']);

export const configSchema = section(
  {
    gateway: gatewaySchema.exactOptional(),
    forwards: z
      .array(forwardSchema, hint('write a list of forwards, like [{ listen: 8080, to: 10.0.0.5:80 }]'))
      .meta({ description: 'Ad hoc rules: one listen address, one target or several' })
      .prefault([]),
    bind,
    public: publicAddresses,
    engine: z
      .enum(['auto', 'splice', 'stream'], hint('write auto, splice or stream'))
      .meta({
        description:
          'What moves the bytes: splice (zero-copy, Linux), stream (portable), or auto: splice where it works',
      })
      .prefault('auto'),
    ...globalSettings,
    names: namesSchema,
    log: section(
      {
        level: z
          .enum(
            ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
            hint('write one of trace, debug, info, warn, error, fatal and silent'),
          )
          .meta({ description: 'The least severe lines to log' })
          .prefault('info'),
        file: z
          .string(hint('write the path of a file'))
          .min(1, hint('write the path of a file'))
          .meta({ description: 'File to log to; left out, or -: stderr' })
          .exactOptional(),
        format: z
          .enum(['auto', 'text', 'json'], hint('write auto, text or json'))
          .meta({ description: 'Form of log lines; auto: text on a terminal, JSON elsewhere' })
          .prefault('auto'),
        quiet: z
          .boolean(hint('write true or false'))
          .meta({ description: 'Count connections that end without a byte either way, like probes; log them at debug' })
          .prefault(false),
      },
      'level: info',
    ).prefault({}),
  },
  'gateway: { subnet: auto }',
);

/** The resolved configuration: every default filled in, durations in milliseconds, addresses in one spelling. */
export type Config = z.output<typeof configSchema>;
export type GatewayConfig = NonNullable<Config['gateway']>;
