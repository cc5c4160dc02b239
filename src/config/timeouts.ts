import { z } from 'zod';
import { duration } from './duration-value.ts';

/*
 * Every time-out, one entry each. Its flag, its variable, help, the JSON Schema, the manual's table and the plan's type
 * are made of that entry.
 */

/**
 * Node probes ten times, one second apart, once a connection has idled:
 * https://nodejs.org/api/net.html#socketsetkeepaliveenable-initialdelay
 */
const shortestKeepAlive = 11_000;
/** The kernel takes at most 32,767 s as TCP_KEEPIDLE (MAX_TCP_KEEPIDLE, <net/tcp.h>). */
const longestKeepAlive = 9 * 3_600_000;
const keepAliveRange = { min: shortestKeepAlive, max: longestKeepAlive };

/** Time-outs of sessions. A service or a forward may have its own. */
export const sessionTimeouts = {
  dial: duration('Time for one try to connect to a target, lookup included', { flag: 'dial-timeout' }).prefault('5s'),
  dialTotal: duration('Time for all tries of a session to connect', {
    flag: 'dial-total-timeout',
    byDefault: '10s, or the time for one try where longer',
  }).exactOptional(),
  idle: duration('Time without a byte after which a session ends', { flag: 'idle-timeout' }).prefault('5d'),
  halfClosed: duration('Time without a byte after which a session ends, once one direction has ended', {
    flag: 'half-closed-timeout',
  }).prefault('2m'),
  keepAlive: duration('Time after which an idle session with a dead peer ends', {
    flag: 'keep-alive',
    ...keepAliveRange,
  }).prefault('2m'),
  proxyHeader: duration('Time that a client has to send its PROXY header', { flag: 'proxy-header-timeout' }).prefault(
    '3s',
  ),
  maxAge: duration('Time after which a session ends, whatever it does', {
    flag: 'max-age',
    byDefault: 'never',
  }).exactOptional(),
  silent: duration('Time after which a client that has never sent or received a byte is ended', {
    flag: 'silent-timeout',
    byDefault: 'never',
  }).exactOptional(),
};

const session = z.strictObject(sessionTimeouts);
/** Milliseconds. What is left out has no limit, but for `dialTotal`. */
export type SessionTimeouts = z.output<typeof session>;

/** Time-outs of the gateway as a whole. */
export const gatewayTimeouts = {
  metadata: duration('Time to wait for the metadata service', { flag: 'metadata-timeout' }).prefault('5m'),
  network: duration('Time to wait at start for a default route and the addresses of bind', {
    flag: 'wait-for-network',
    min: 0,
  }).prefault('0s'),
};

/** Names of before, which still hold. */
export const formerTimeouts = {
  drain: duration('Former name of drain.sessions', { min: 0 }).exactOptional(),
};
