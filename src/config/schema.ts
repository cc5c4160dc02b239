import { z } from 'zod';
import { bind, publicAddresses } from './addresses.ts';
import { control } from './control.ts';
import { drain } from './drain.ts';
import { duration } from './duration-value.ts';
import { forwardSchema } from './forward.ts';
import { gatewaySchema } from './gateway.ts';
import { globalSettings } from './scope-settings.ts';
import { hint, section } from './section.ts';

/**
 * The configuration: every key, its default, how it is read, and its description (`About`), in the order of help.
 * Messages are hints (`write a duration like 5s`): `layerProblems` puts the key and its current value before them.
 */

const hour = 3_600_000;
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export const configSchema = section(
  {
    gateway: gatewaySchema.exactOptional(),
    forwards: z
      .array(forwardSchema, hint('write a list of forwards, like [{ listen: 8080, to: 10.0.0.5:80 }]'))
      .meta({ description: 'Ad hoc rules: one listen address, one target or several' })
      .prefault([]),
    bind: bind.prefault(['0.0.0.0', '::']),
    public: publicAddresses.prefault([]),
    engine: z
      .enum(['auto', 'splice', 'stream'], hint('write auto, splice or stream'))
      .meta({
        description: 'What moves the bytes: splice (zero-copy, Linux) or stream (portable)',
        flag: 'engine',
        byDefault: 'auto: splice where it works, else stream',
      })
      .prefault('auto'),
    ...globalSettings,
    names: section(
      {
        stale: duration('Age up to which the last answer serves while the lookup of a name hangs, 0s for never', {
          flag: 'names-stale',
          min: 0,
          max: hour,
        }).prefault('1h'),
      },
      'stale: 1h',
    )
      .meta({ description: 'How the names of targets are looked up' })
      .prefault({}),
    drain,
    control,
    log: section(
      {
        level: z
          .enum(logLevels, hint('write one of trace, debug, info, warn, error, fatal and silent'))
          .meta({
            description: `Least severe lines to log: ${logLevels.join(', ').replace(/, (?=\w+$)/, ' or ')}`,
            flag: 'log-level',
            placeholder: 'LEVEL',
          })
          .prefault('info'),
        file: z
          .string(hint('write the path of a file'))
          .min(1, hint('write the path of a file'))
          .meta({
            description: 'File to log to; - is stderr',
            flag: 'log-file',
            placeholder: 'FILE',
            byDefault: 'stderr',
          })
          .exactOptional(),
        format: z
          .enum(['auto', 'text', 'json'], hint('write auto, text or json'))
          .meta({ description: 'Form of log lines; auto: text on a terminal, JSON elsewhere', flag: 'log-format' })
          .prefault('auto'),
        quiet: z
          .boolean(hint('write true or false'))
          .meta({
            description: 'Count connections that end without a byte either way, like probes; log them at debug',
            flag: 'log-quiet',
          })
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
