import { z } from 'zod';
import { dialFrom } from './dial-from.ts';
import { durationValue, longestTimer } from './duration-value.ts';
import { networks } from './networks.ts';
import { limit, sourceSessions, wholeNumber } from './numbers.ts';
import { possibleLoops } from './possible-loops.ts';
import { rate } from './rate.ts';
import { hint, section } from './section.ts';
import { sizeOrAuto } from './size-value.ts';

/**
 * What holds everywhere, and may also stand in a service or a forward: access, limits, time-outs, PROXY headers. Each
 * key is described once here; `globalSettings` gives it its default, in `ownSettings` it may be left out.
 */

/** Node probes ten times, one second apart, once a connection has idled: https://nodejs.org/api/net.html#socketsetkeepaliveenable-initialdelay */
const shortestKeepAlive = 11_000;
/** The kernel takes at most 32,767 s as TCP_KEEPIDLE (MAX_TCP_KEEPIDLE, <net/tcp.h>). */
const longestKeepAlive = 9 * 3_600_000;

const access = {
  allow: networks('Networks that clients may come from; in a service or a forward in place of the global list'),
  deny: networks('Networks that they may not come from, which wins; in a service or a forward beside the global list'),
};

const perListener = limit('Sessions at once through one listener; auto: half of all where there are several');

const sourceLimits = {
  rate: rate.exactOptional(),
  burst: wholeNumber('New sessions at once before the rate holds; left out: as many as the rate names').exactOptional(),
  ipv4Prefix: wholeNumber('Bits of an IPv4 address that make a source', { min: 1, max: 32 }).prefault(32),
  ipv6Prefix: wholeNumber('Bits of an IPv6 address that make a source', { min: 1, max: 128 }).prefault(64),
};

const ownPerSource = section(
  { sessions: wholeNumber('Sessions at once').exactOptional(), ...sourceLimits },
  'sessions: 64',
).meta({ description: 'Limits of one source, an address or a prefix of clients, beside the global ones' });

const globalPerSource = section(
  {
    sessions: sourceSessions('Sessions at once; auto: an eighth of all, at least 64; unlimited: no limit').prefault(
      'auto',
    ),
    ...sourceLimits,
  },
  'sessions: 64',
).meta({
  description: 'Limits of one source, an address or a prefix of clients; an IPv6 /48 may take four times that',
});

const perTarget = section({ sessions: wholeNumber('Sessions at once') }, 'sessions: 500').meta({
  description: 'Limits of one target host, whatever the port; left out: none',
});

const timeouts = {
  dial: durationValue('One try to connect to one target, its name looked up'),
  dialTotal: durationValue('All tries of a session to connect; left out: 10s, or dial where that is longer'),
  idle: durationValue('Without a byte in either direction'),
  halfClosed: durationValue('Without a byte once one direction has ended'),
  keepAlive: durationValue('Until an idle session with a dead peer is gone', {
    min: shortestKeepAlive,
    max: longestKeepAlive,
  }),
  proxyHeader: durationValue('For the PROXY header of a client that must send one'),
  maxAge: durationValue('Until a session is ended, whatever it does; left out: never'),
  silent: durationValue('Until a client that has never sent or received a byte is ended; left out: never'),
};

export const proxyProtocol = z
  .enum(['off', 'v1', 'v2'], hint('write off, v1 or v2'))
  .meta({ description: 'The PROXY header that targets are sent' });

const acceptProxy = section(
  { from: networks('Networks whose clients must send a PROXY header, and are believed') },
  'from: [10.0.0.7]',
);

export const globalSettings = {
  access: section(
    { allow: access.allow.prefault(['0.0.0.0/0', '::/0']), deny: access.deny.prefault([]) },
    'allow: [10.0.0.0/8]',
  ).prefault({}),
  limits: section(
    {
      sessions: limit('Sessions at once; auto: what descriptors and memory allow').prefault('auto'),
      memory: sizeOrAuto(
        'Bytes that all sessions together may hold in memory, beside 20 KiB each way; auto: a quarter of what there is',
      ).prefault('auto'),
      perListener: perListener.prefault('auto'),
      perSource: globalPerSource.prefault({}),
      perTarget: perTarget.exactOptional(),
      possibleLoops: possibleLoops.prefault(64),
    },
    'sessions: 500',
  ).prefault({}),
  timeouts: section(
    {
      dial: timeouts.dial.prefault('5s'),
      dialTotal: timeouts.dialTotal.exactOptional(),
      idle: timeouts.idle.prefault('5d'),
      halfClosed: timeouts.halfClosed.prefault('2m'),
      keepAlive: timeouts.keepAlive.prefault('2m'),
      proxyHeader: timeouts.proxyHeader.prefault('3s'),
      maxAge: timeouts.maxAge.exactOptional(),
      silent: timeouts.silent.exactOptional(),
      drain: durationValue('For sessions to end by themselves at shutdown', { min: 0, max: longestTimer }).prefault(
        '10s',
      ),
      metadata: durationValue("Until the cloud's metadata service must have answered").prefault('5m'),
      network: durationValue('For a default route and the addresses of bind to come up at start; 0s: no wait', {
        min: 0,
        max: longestTimer,
      }).prefault('0s'),
    },
    'dial: 5s',
  ).prefault({}),
  proxyProtocol: proxyProtocol.prefault('off'),
  dialFrom: dialFrom.prefault([]),
  acceptProxy: acceptProxy.prefault({ from: [] }),
};

export const ownSettings = {
  access: section(
    { allow: access.allow.exactOptional(), deny: access.deny.exactOptional() },
    'allow: [10.0.0.0/8]',
  ).exactOptional(),
  limits: section(
    {
      sessions: wholeNumber('Sessions at once, all its listeners together').exactOptional(),
      perListener: perListener.exactOptional(),
      perSource: ownPerSource.exactOptional(),
      perTarget: perTarget.exactOptional(),
    },
    'sessions: 500',
  ).exactOptional(),
  timeouts: section(
    {
      dial: timeouts.dial.exactOptional(),
      dialTotal: timeouts.dialTotal.exactOptional(),
      idle: timeouts.idle.exactOptional(),
      halfClosed: timeouts.halfClosed.exactOptional(),
      keepAlive: timeouts.keepAlive.exactOptional(),
      proxyHeader: timeouts.proxyHeader.exactOptional(),
      maxAge: timeouts.maxAge.exactOptional(),
      silent: timeouts.silent.exactOptional(),
    },
    'dial: 5s',
  ).exactOptional(),
  proxyProtocol: proxyProtocol.exactOptional(),
  dialFrom: dialFrom.exactOptional(),
  acceptProxy: acceptProxy.exactOptional(),
};

const own = z.strictObject(ownSettings);
/** What a service or a forward has of its own. */
export type OwnSettings = z.output<typeof own>;
