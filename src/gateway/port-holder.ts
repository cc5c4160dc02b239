import { readlinkSync } from 'node:fs';
import { opendir, readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { basename, join } from 'node:path';
import { parseAddress, unmapped } from '../base/address.ts';
import { inPieces } from './in-pieces.ts';

/** The process that holds a TCP port. */
export interface PortHolder {
  readonly pid: number;
  /** Its command line, shortened. The process chooses it, so it may be anything; `printableLine` before it is shown. */
  readonly command: string;
  readonly program: 'floatgate' | 'another';
}

/** Which process held which TCP port when /proc was read. */
export interface PortHolders {
  /** `undefined` where /proc does not show it: another user's process, another network namespace, no /proc at all. */
  holderOf(address: string, port: number): PortHolder | undefined;
}

/** A line of /proc/net/tcp[6]. */
interface TcpSocket {
  readonly address: string;
  readonly state: string;
  readonly inode: string;
}

/** TCP_LISTEN, in the hexadecimal of /proc/net/tcp (include/net/tcp_states.h). */
const listening = '0A';
/** TCP_TIME_WAIT: belongs to no process, and SO_REUSEADDR, which Node sets, binds over it. */
const timeWait = '06';
const commandWidth = 60;

/**
 * Reads /proc once, for these ports. That walks over the connections of the machine and the descriptors of every
 * process: some 100 ms with 10,000 sessions. Traffic may flow meanwhile, so the loop has its turns in between.
 */
export async function readPortHolders(ports: readonly number[], proc = '/proc'): Promise<PortHolders> {
  const sockets = new Map<number, TcpSocket[]>(ports.map((port) => [port, []]));
  for (const file of ['net/tcp', 'net/tcp6']) {
    await inPieces((await readText(join(proc, file))).split('\n').slice(1), (line) => {
      const port = localPort(line);
      const own = port === undefined ? undefined : sockets.get(port);
      const socket = own === undefined ? undefined : tcpSocket(line);
      if (socket !== undefined) own?.push(socket);
    });
  }
  const owners = await socketOwners(proc, new Set([...sockets.values()].flat().map(({ inode }) => inode)));
  const holders = new Map<number, PortHolder>();
  for (const pid of new Set(owners.values())) holders.set(pid, await holder(proc, pid));
  return {
    holderOf(address, port) {
      const rivals = (sockets.get(port) ?? []).filter((socket) => overlaps(socket.address, unmapped(address)));
      // A connection that was bound to the port can hold it, too.
      const rival = rivals.find((socket) => socket.state === listening) ?? rivals[0];
      const pid = rival === undefined ? undefined : owners.get(rival.inode);
      return pid === undefined ? undefined : holders.get(pid);
    },
  };
}

/** `nginx: master process, pid 812`. */
export function formatPortHolder({ command, pid }: PortHolder): string {
  return `${command}, pid ${pid}`;
}

/** Whether binding one address keeps the other from being bound on the same port. */
function overlaps(one: string, other: string): boolean {
  return one === other || one === '::' || other === '::' || one === '0.0.0.0' || other === '0.0.0.0';
}

/** The local port of a line, at a fraction of the cost of the rest: most lines are about other ports. */
function localPort(line: string): number | undefined {
  const hexPort = /^ *\d+: [\dA-F]+:([\dA-F]{4}) /.exec(line)?.[1];
  return hexPort === undefined ? undefined : Number.parseInt(hexPort, 16);
}

/** Format: proc(5), /proc/net/tcp: `sl local_address rem_address st ... uid timeout inode`. */
function tcpSocket(line: string): TcpSocket | undefined {
  const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
  if (local === undefined || state === undefined || inode === undefined || state === timeWait) return undefined;
  const [hexAddress = ''] = local.split(':');
  return { address: addressFromHex(hexAddress), state, inode };
}

/** The kernel prints each 32-bit word of an address in the machine's own byte order. */
function addressFromHex(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return parseAddress(groups.join(':')) ?? '';
}

/** Inode -> pid, for those of `inodes` that belong to processes whose descriptors we may see. */
async function socketOwners(proc: string, inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const owners = new Map<string, number>();
  if (inodes.size === 0) return owners;
  for await (const entry of namesIn(proc)) {
    if (!/^\d+$/.test(entry)) continue;
    const folder = join(proc, entry, 'fd');
    for await (const fd of namesIn(folder)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(join(folder, fd)))?.[1];
      if (inode !== undefined && inodes.has(inode) && !owners.has(inode)) owners.set(inode, Number(entry));
    }
  }
  return owners;
}

async function holder(proc: string, pid: number): Promise<PortHolder> {
  const folder = join(proc, String(pid));
  const words = (await readText(join(folder, 'cmdline'))).split('\0');
  const line = words.join(' ').trim();
  const command = line === '' ? (await readText(join(folder, 'comm'))).trim() || 'a process' : line;
  return {
    pid,
    command: command.length > commandWidth ? `${command.slice(0, commandWidth - 3)}...` : command,
    program: words.some((word) => /^floatgate(\.cjs)?$/.test(basename(word))) ? 'floatgate' : 'another',
  };
}

// Processes end meanwhile, and most belong to other users: what cannot be read counts as empty.

/** The loop has its turn after each 256 of them. */
async function* namesIn(folder: string): AsyncGenerator<string> {
  try {
    for await (const { name } of await opendir(folder, { bufferSize: 256 })) yield name;
  } catch {
    // As above.
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return '';
  }
}

function readLink(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
