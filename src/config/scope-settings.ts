import { z } from 'zod';
import { dialFrom } from './addresses.ts';
import { networks } from './networks.ts';
import { numberOr, rate, sizeOrAuto, wholeNumber } from './numbers.ts';
import { hint, ownShape, section } from './section.ts';
import { formerTimeouts, gatewayTimeouts, sessionTimeouts } from './timeouts.ts';

/*
 * Settings that hold everywhere, and that a service or a forward may also have of its own: access, limits, time-outs,
 * PROXY headers. Each key is described once; `globalSettings` gives it its default, in `ownSettings` it has none.
 */

const access = {
  allow: networks(
    'Network that clients may come from, like 203.0.113.0/24; a list of a service or forward replaces the global one',
    { flag: 'allow', byDefault: 'everywhere' },
  ).prefault(['0.0.0.0/0', '::/0']),
  deny: networks(
    'Network that clients may not come from; wins over allow; a list of a service or forward adds to the global one',
    { flag: 'deny', byDefault: 'none' },
  ).prefault([]),
};

const perListener = {
  perListener: numberOr(['auto'], 'Sessions at once through one listener', {
    flag: 'per-listener',
    byDefault: 'auto, half of all',
  }).prefault('auto'),
};

const perTarget = section(
  { sessions: wholeNumber('Sessions at once to one target host', { flag: 'per-target', byDefault: 'no limit' }) },
  'sessions: 500',
)
  .meta({ description: 'Limits of one target host, whatever the port' })
  .exactOptional();

const sourceLimits = {
  rate: rate('New sessions of one source per time, like 20/m', {
    flag: 'per-source-rate',
    byDefault: 'no limit',
  }).exactOptional(),
  burst: wholeNumber('New sessions of one source at once before the rate holds', {
    flag: 'per-source-burst',
    byDefault: 'the N of the rate',
  }).exactOptional(),
  ipv4Prefix: wholeNumber('Bits of an IPv4 address that make a source', { max: 32 }).prefault(32),
  ipv6Prefix: wholeNumber('Bits of an IPv6 address that make a source', { max: 128 }).prefault(64),
};

const perSource = section(
  {
    sessions: numberOr(['auto', 'unlimited'], 'Sessions at once of one IPv4 address or IPv6 /64', {
      flag: 'per-source-sessions',
      byDefault: 'auto, an eighth of all, at least 64',
    }).prefault('auto'),
    ...sourceLimits,
  },
  'sessions: 64',
).meta({
  description: 'Limits of one source, an address or a prefix of clients; an IPv6 /48 may take four times that',
});

const ownPerSource = section(
  { sessions: wholeNumber('Sessions at once of one source').exactOptional(), ...sourceLimits },
  'sessions: 64',
).meta({ description: 'Limits of one source, an address or a prefix of clients, beside the global ones' });

export const proxyProtocol = z.enum(['off', 'v1', 'v2'], hint('write off, v1 or v2')).meta({
  description: 'PROXY header sent to targets, which must expect it',
  flag: 'proxy-protocol',
});

const acceptProxy = section(
  {
    from: networks('Network whose clients must send a PROXY header, and are believed', {
      flag: 'accept-proxy',
      byDefault: 'none',
    }),
  },
  'from: [10.0.0.7]',
);

/** The settings at the top of the configuration, in the order of help. */
export const globalSettings = {
  limits: section(
    {
      sessions: numberOr(['auto'], 'Sessions at once', {
        flag: 'sessions',
        byDefault: 'auto, what descriptors and memory allow',
      }).prefault('auto'),
      memory: sizeOrAuto('What all sessions may hold in memory beside 20 KiB each way, like 256MiB', {
        flag: 'memory',
        byDefault: 'auto, a quarter of what there is',
      }).prefault('auto'),
      ...perListener,
      perSource: perSource.prefault({}),
      perTarget,
      possibleLoops: numberOr(
        ['unlimited'],
        "Unanswered sessions at once whose client is this machine or the session's target",
        { flag: 'possible-loops', placeholder: 'N|unlimited' },
      ).prefault(64),
    },
    'sessions: 500',
  ).prefault({}),
  access: section(access, 'allow: [10.0.0.0/8]').prefault({}),
  proxyProtocol: proxyProtocol.prefault('off'),
  acceptProxy: acceptProxy.prefault({ from: [] }),
  dialFrom: dialFrom.prefault([]),
  timeouts: section({ ...sessionTimeouts, ...gatewayTimeouts, ...formerTimeouts }, 'dial: 5s').prefault({}),
};

export const ownSettings = ownShape({
  limits: section(
    {
      sessions: wholeNumber('Sessions at once, all its listeners together').exactOptional(),
      ...ownShape(perListener),
      perSource: ownPerSource.exactOptional(),
      perTarget,
    },
    'sessions: 500',
  ),
  access: section(ownShape(access), 'allow: [10.0.0.0/8]'),
  proxyProtocol,
  acceptProxy,
  dialFrom,
  timeouts: section(ownShape(sessionTimeouts), 'dial: 5s'),
});

const own = z.strictObject(ownSettings);
/** What a service or a forward has of its own. */
export type OwnSettings = z.output<typeof own>;
