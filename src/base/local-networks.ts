import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { formatIp, ipv6FromBytes } from './ip.ts';

/** RTF_LOCAL, <linux/ipv6_route.h>. */
const localRoute = 0x8000_0000;
const chunkSize = 64 * 1024;

/** What is read of one file where nothing may wait for long: some thousand routes, a few milliseconds. */
export const fewRoutes = 256 * 1024;
/** What is read at start: some ten thousand routes. More takes long, as the kernel walks the table for each piece. */
export const manyRoutes = 1024 * 1024;

/**
 * The addresses and networks whose packets the kernel takes for its own, each once: addresses of all interfaces, also
 * without carrier, and AnyIP prefixes (`ip route add local 10.9.0.0/16 dev lo`). Never throws.
 * @param most bytes that are read of each file of /proc/net (proc_pid_net(5)). The local table comes last in fib_trie:
 *   on a router with more routes than that none of it is read.
 */
export function readLocalNetworks(most: number, proc = '/proc'): readonly string[] {
  const read = (file: string): string => readStart(join(proc, 'net', file), most);
  return [
    ...new Set([
      ...parseFibTrie(read('fib_trie')),
      ...parseInet6Addresses(read('if_inet6')),
      ...parseInet6LocalRoutes(read('ipv6_route')),
    ]),
  ];
}

/**
 * A leaf is `|-- 10.9.0.0`, followed by a line for each of its routes: `/16 host LOCAL`. Each table is listed, but only
 * `Main:` and `Local:` hold for all packets. Another one (`Id 2004:`) holds for those that a rule picks: a transparent
 * proxy has `local default` in one for packets with its mark (TPROXY; Cilium), and no other packet is local by it.
 */
export function parseFibTrie(text: string): readonly string[] {
  const found: string[] = [];
  let leaf = '';
  let table: 'for all packets' | 'for some' = 'for all packets';
  for (const [, heading, address, prefix] of text.matchAll(
    /^(Id \d+|Main|Local):$|\|-- ([\d.]+)|\/(\d+) \S+ LOCAL\b/gm,
  )) {
    if (heading !== undefined) table = heading.startsWith('Id') ? 'for some' : 'for all packets';
    else if (address !== undefined) leaf = address;
    else if (leaf !== '' && table === 'for all packets') found.push(prefix === '32' ? leaf : `${leaf}/${prefix}`);
  }
  return found;
}

/** `fe8000000000000000fc00fffe000001 04 40 20 80     eth0`: address, index, prefix, scope, flags. */
export function parseInet6Addresses(text: string): readonly string[] {
  return lines(text).flatMap(([address = '']) => {
    const literal = ipv6Literal(address);
    return literal === undefined ? [] : [literal];
  });
}

/**
 * Destination, its prefix, source, its prefix, gateway, metric, references, uses, flags, interface; all hexadecimal. No
 * table is named, so that a local default route is taken for one of a transparent proxy (`parseFibTrie`).
 */
export function parseInet6LocalRoutes(text: string): readonly string[] {
  return lines(text).flatMap(([destination = '', prefix = '', , , , , , , flags = '']) => {
    const literal = ipv6Literal(destination);
    if (literal === undefined || prefix === '00' || Number.parseInt(flags, 16) < localRoute) return [];
    return prefix === '80' ? [literal] : [`${literal}/${Number.parseInt(prefix, 16)}`];
  });
}

function lines(text: string): readonly (readonly string[])[] {
  return text.split('\n').map((line) => line.split(/\s+/));
}

function ipv6Literal(hex: string): string | undefined {
  if (!/^[\da-f]{32}$/i.test(hex)) return undefined;
  const ip = ipv6FromBytes(Buffer.from(hex, 'hex'));
  return typeof ip === 'number' ? undefined : formatIp(ip);
}

/** The first `most` bytes of a file, up to its last whole line; nothing where it cannot be read. */
function readStart(path: string, most: number): string {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const chunks: Buffer[] = [];
    for (let length = 0; length < most; ) {
      const chunk = Buffer.allocUnsafe(chunkSize);
      const read = readSync(fd, chunk);
      if (read === 0) return Buffer.concat(chunks).toString('latin1');
      chunks.push(chunk.subarray(0, read));
      length += read;
    }
    const text = Buffer.concat(chunks).toString('latin1');
    return text.slice(0, text.lastIndexOf('\n') + 1);
  } catch {
    return '';
  } finally {
    closeSync(fd);
  }
}
