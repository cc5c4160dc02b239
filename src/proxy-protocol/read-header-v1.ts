import { isIPv4, isIPv6 } from 'node:net';
import { parseIp } from '../base/ip.ts';
import { type HeaderRead, malformed, more, type ProxyEndpoint } from './proxy-header.ts';

/** The longest line, bytes, its CRLF included (proxy-protocol.txt, 2.1). */
const mostBytes = 107;

const cr = 0x0d;
const lf = 0x0a;

/**
 * All that a line can begin with. HAProxy takes any bytes right behind UNKNOWN; the grammar has a space or the end
 * there.
 */
const beginnings = ['PROXY TCP4 ', 'PROXY TCP6 ', 'PROXY UNKNOWN ', 'PROXY UNKNOWN\r'].map((text) =>
  Buffer.from(text, 'latin1'),
);

/**
 * Reads a version 1 header, strictly: a header that does "not exactly match the protocol" ends the connection (2.1).
 */
export function readHeaderV1(bytes: Buffer): HeaderRead {
  if (!beginnings.some((beginning) => agree(beginning, bytes)))
    return malformed('it begins with none of PROXY TCP4, PROXY TCP6 and PROXY UNKNOWN');
  const end = endOfLine(bytes);
  if (end >= mostBytes - 1) return malformed(`its line is longer than ${mostBytes} bytes`);
  if (end === bytes.length) return more;
  if (bytes[end] === lf) return malformed('its line has a line feed without a carriage return');
  if (end + 1 === bytes.length) return more;
  if (bytes[end + 1] !== lf) return malformed('its line has a carriage return without a line feed');
  return readLine(bytes.toString('latin1', 0, end), end + 2);
}

/** Whether one is the beginning of the other. */
function agree(beginning: Buffer, bytes: Buffer): boolean {
  const length = Math.min(beginning.length, bytes.length);
  return beginning.compare(bytes, 0, length, 0, length) === 0;
}

/** The index of the first CR or LF, else the number of bytes; reads no more than a line can have. */
function endOfLine(bytes: Buffer): number {
  const most = Math.min(bytes.length, mostBytes - 1);
  for (let at = 0; at < most; at += 1) if (bytes[at] === cr || bytes[at] === lf) return at;
  return most;
}

/** The addresses are read once the line is whole, as 2.1 demands; `length` counts the CRLF. */
function readLine(line: string, length: number): HeaderRead {
  const [, word, from = '', to = '', fromPort = '', toPort = '', ...rest] = line.split(' ');
  // "The receiver must ignore anything presented before the CRLF is found" (2.1).
  if (word === 'UNKNOWN') return { kind: 'complete', length, header: { kind: 'local' } };
  if (rest.length > 0) return malformed('its line has more than addresses and ports');
  const isLiteral = word === 'TCP4' ? isIPv4 : isPlainIpv6;
  if (!isLiteral(from) || !isLiteral(to)) return malformed(`an address in it is not as ${word} has them`);
  const source = endpointOf(from, fromPort);
  const destination = endpointOf(to, toPort);
  if (source === undefined || destination === undefined) return malformed('a port in it is not 0 to 65535 in decimal');
  return { kind: 'complete', length, header: { kind: 'proxied', source, destination } };
}

function isPlainIpv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function endpointOf(address: string, port: string): ProxyEndpoint | undefined {
  const ip = parseIp(address);
  return ip !== undefined && /^(?:0|[1-9]\d{0,4})$/.test(port) && Number(port) <= 65_535
    ? { ip, port: Number(port) }
    : undefined;
}
