import { isIP, isIPv4, isIPv6 } from 'node:net';
import { formatIp, ipOf } from './ip.ts';

/** A TCP endpoint: an IP literal and a port. */
export interface SocketAddress {
  /** IPv4 dotted, or IPv6 without brackets; IPv4-mapped IPv6 is always given as IPv4. */
  readonly address: string;
  readonly port: number;
}

/** A host, IP literal or name, and a port. */
export interface Endpoint {
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** `::ffff:192.0.2.1` -> `192.0.2.1`; anything else unchanged (RFC 4291, 2.5.5.2). */
export function unmapped(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** `192.0.2.1:80`, `[2001:db8::1]:80`, `name:80`. */
export function formatEndpoint(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * One spelling per IP literal, so that addresses compare as strings: IPv6 as RFC 5952 writes it, IPv4-mapped IPv6 as
 * IPv4. IPv4 is the strict dotted form only: `010.0.0.1` would be read as octal by some and as decimal by others.
 *
 * @returns `undefined` for anything that is not an IP literal.
 */
export function parseAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text)) return undefined;
  // Not by ipaddr.js, which takes ::10.0.0.5 for IPv4-mapped.
  const [literal = '', ...zone] = text.split('%');
  const ip = ipOf(literal);
  return typeof ip === 'number' ? formatIp(ip) : [formatIp(ip), ...zone].join('%');
}

/**
 * Whether a text may be looked up as a host name: labels of letters, digits, hyphens (and underscores, which resolvers
 * take), at most 63 long, 253 in all (RFC 1123, 2.1). The last label is not a number: `10.0.0.256` is a mistyped
 * address.
 */
export function isHostName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (name.length === 0 || name.length > 253) return false;
  const labels = name.split('.');
  if (!labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))) return false;
  return !/^\d+$/.test(labels.at(-1) ?? '');
}

/** A decimal port, 1 to 65535; `undefined` for anything else. */
export function parsePort(text: string): number | undefined {
  if (!/^[1-9]\d{0,4}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

/** Reads `192.0.2.1:80`, `[2001:db8::1]:80` or `name:80`; `undefined` for anything else. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const read = parseEndpoints(text);
  return read?.lastPort === undefined ? read : undefined;
}

/** One TCP port, or a range of them. */
export interface Ports {
  readonly port: number;
  /** The last port of a range that begins with `port`; absent: it is one port. */
  readonly lastPort?: number;
}

/** How many ports there are. */
export function portCount({ port, lastPort = port }: Ports): number {
  return lastPort - port + 1;
}

/** Reads `8080` or `8000-8010`; `undefined` for anything else, a range that runs backwards included. */
export function parsePorts(text: string): Ports | undefined {
  const [first = '', last = first, ...more] = text.split('-').map((part) => part.trim());
  const port = parsePort(first);
  const lastPort = parsePort(last);
  if (port === undefined || lastPort === undefined || port > lastPort || more.length > 0) return undefined;
  return { port, ...(lastPort > port && { lastPort }) };
}

/** Reads what `parseEndpoint` does, and a range of ports: `192.0.2.1:8000-8010`. */
export function parseEndpoints(text: string): ({ readonly host: string } & Ports) | undefined {
  const [, bracketed, bare, digits = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+(?:\s*-\s*\d+)?)$/.exec(text) ?? [];
  const ports = parsePorts(digits);
  if (ports === undefined) return undefined;
  if (bracketed !== undefined) {
    const host = isIPv6(bracketed) ? parseAddress(bracketed) : undefined;
    return host === undefined ? undefined : { host, ...ports };
  }
  const host = bare ?? '';
  return isIP(host) === 0 && !isHostName(host) ? undefined : { host, ...ports };
}
