import { z } from 'zod';
import { parseAddress } from '../base/address.ts';
import { parseSubnet } from '../base/cidr.ts';
import { formatDuration, parseDuration } from '../base/duration.ts';
import { forwardSchema } from './forward.ts';
import { hostsHint, parseHostRange, parseSkipped, skipHint } from './host-range.ts';

/**
 * The configuration: every key, its default, and how it is read. Keys whose behaviour is not built are not here.
 *
 * Messages of this schema are hints (`write a duration like 5s`): `describe-issue.ts` puts the key and its current
 * value before them.
 */

/** Timers of Node beyond 2^31-1 ms (24.8 days) fire at once: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const longestTimer = 24 * 86_400_000;
/** Node probes ten times, one second apart, once a connection has idled: https://nodejs.org/api/net.html#socketsetkeepaliveenable-initialdelay */
const shortestKeepAlive = 11_000;
/** The kernel takes at most 32,767 s as TCP_KEEPIDLE (MAX_TCP_KEEPIDLE, <net/tcp.h>). */
const longestKeepAlive = 9 * 3_600_000;

const hint = (text: string): { error: () => string } => ({ error: () => text });

/** A mapping with these keys and no others. `example` completes `write settings below it, like ...`. */
function section<Shape extends z.ZodRawShape>(shape: Shape, example: string): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : `write settings below it, like ${example}`),
  });
}

interface DurationRange {
  readonly min: number;
  readonly max: number;
}

/** A duration, in milliseconds once read. */
function duration(description: string, fallback: string, { min, max }: DurationRange = { min: 1, max: longestTimer }) {
  const shape = 'write a duration like 5s, 2m or 5d';
  return z
    .string(hint(shape))
    .meta({
      description,
      pattern: '^(?=\\d)(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?$',
      examples: ['500ms', '5s', '1h30m'],
    })
    .transform((text, context) => {
      const value = parseDuration(text);
      if (value !== undefined && value >= min && value <= max) return value;
      const message =
        value === undefined ? shape : `write a duration from ${formatDuration(min)} to ${formatDuration(max)}`;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    })
    .prefault(fallback);
}

/** `auto`, or a whole number from 1 up. */
function limit(description: string) {
  const error = hint('write auto or a whole number from 1 up');
  return z
    .union([z.literal('auto', error), z.int(error).min(1, error)], error)
    .meta({ description, examples: ['auto', 500] })
    .prefault('auto');
}

const port = (description: string) => {
  const error = hint('write a port from 1 to 65535');
  return z.int(error).min(1, error).max(65_535, error).meta({ description });
};

const subnetHint = 'write auto, metadata or an IPv4 network like 192.168.20.0/24';
const subnet = z
  .string(hint(subnetHint))
  .meta({
    description: "The network to map: auto (the default route's), metadata (asks the cloud), or CIDR notation",
    pattern: '^(auto|metadata|\\d{1,3}(\\.\\d{1,3}){3}/\\d{1,2})$',
    examples: ['auto', 'metadata', '192.168.20.0/24'],
  })
  .transform((text, context) => {
    if (text === 'auto' || text === 'metadata') return text;
    const parsed = parseSubnet(text);
    const firstOctet = Number(text.split('.')[0]);
    // 0.0.0.0/8 names no host, 224.0.0.0/3 is multicast and reserved (RFC 1122 3.2.1.3, RFC 5771).
    if (parsed.ok && firstOctet > 0 && firstOctet < 224) return parsed.subnet.text;
    const proposal = parsed.ok ? undefined : parsed.proposal;
    const message = proposal === undefined ? subnetHint : `it is no network; did you mean ${proposal}?`;
    context.issues.push({ code: 'custom', message, input: text });
    return z.NEVER;
  })
  .prefault('auto');

/** Host numbers as a number, a text with commas, or a list; each list item is one entry, so that problems find it. */
function hostList<Entry>(
  what: string,
  meta: { readonly description: string; readonly examples: readonly unknown[] },
  read: (text: string | number) => Entry | undefined,
) {
  const item = z.union([z.number(), z.string()], hint(what));
  return z
    .union([z.number(), z.string(), z.array(item)], hint(what))
    .meta({ ...meta, examples: [...meta.examples] })
    .transform((raw, context): readonly Entry[] => {
      const items = typeof raw === 'string' ? raw.split(',') : Array.isArray(raw) ? raw : [raw];
      return items.flatMap((text, index) => {
        const entry = read(text);
        if (entry !== undefined) return [entry];
        const path = Array.isArray(raw) ? [index] : [];
        context.issues.push({ code: 'custom', message: what, input: text, path });
        return [];
      });
    });
}

const serviceName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,31}$/,
    hint('write a service name of up to 32 letters, digits, - and _ that starts with a letter'),
  );

const gateway = section(
  {
    subnet,
    hosts: hostList(
      hostsHint,
      {
        description: 'Host numbers to map; left out: 1 to 254, or what the subnet has',
        examples: ['1-254', '1-20,30', ['1-20', 30]],
      },
      parseHostRange,
    ).exactOptional(),
    skip: hostList(
      skipHint,
      {
        description: 'Host numbers, ranges or addresses to leave out',
        examples: [[17, '100-110', '192.168.20.200'], '17,200'],
      },
      parseSkipped,
    ).prefault([]),
    services: z
      .record(
        serviceName,
        section(
          {
            base: port('Port base+n leads to host n'),
            port: port('Port of the hosts'),
          },
          '{ base: 30000, port: 22 }',
        ),
        hint('write services below it, like ssh: { base: 30000, port: 22 }'),
      )
      .meta({ description: 'Services by name; given at all, they replace the default ones' })
      .prefault({
        ssh: { base: 30_000, port: 22 },
        http: { base: 31_000, port: 80 },
        https: { base: 32_000, port: 443 },
      }),
  },
  'subnet: auto',
).meta({ description: 'Maps the hosts of a subnet to ports: base+n leads to host n' });

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
    gateway: gateway.exactOptional(),
    forwards: z
      .array(forwardSchema, hint('write a list of forwards, like [{ listen: 8080, to: 10.0.0.5:80 }]'))
      .meta({ description: 'Ad hoc rules: one listen address, one target' })
      .prefault([]),
    bind,
    engine: z
      .enum(['auto', 'splice', 'stream'], hint('write auto, splice or stream'))
      .meta({
        description:
          'What moves the bytes: splice (zero-copy, Linux), stream (portable), or auto: splice where it works',
      })
      .prefault('auto'),
    limits: section(
      {
        sessions: limit('Sessions at once; auto: what the descriptor limit allows'),
        perListener: limit('Sessions at once through one listener; auto: half of all where there are several'),
      },
      'sessions: 500',
    ).prefault({}),
    timeouts: section(
      {
        dial: duration('To connect to a target, its name looked up', '5s'),
        idle: duration('Without a byte in either direction', '5d'),
        halfClosed: duration('Without a byte once one direction has ended', '2m'),
        keepAlive: duration('Until an idle session with a dead peer is gone', '2m', {
          min: shortestKeepAlive,
          max: longestKeepAlive,
        }),
        drain: duration('For sessions to end by themselves at shutdown', '10s', { min: 0, max: longestTimer }),
        metadata: duration("Until the cloud's metadata service must have answered", '5m'),
      },
      'dial: 5s',
    ).prefault({}),
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
          .meta({ description: 'File to log to; left out: stderr' })
          .exactOptional(),
      },
      'level: info',
    ).prefault({}),
  },
  'gateway: { subnet: auto }',
);

/** The resolved configuration: every default filled in, durations in milliseconds, addresses in one spelling. */
export type Config = z.output<typeof configSchema>;
export type GatewayConfig = NonNullable<Config['gateway']>;
