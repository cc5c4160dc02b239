import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { endianness } from 'node:os';
import { basename, join } from 'node:path';
import { parseAddress, unmapped } from '../base/address.ts';

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
  readonly port: number;
  readonly state: string;
  readonly inode: string;
}

/** TCP_LISTEN, in the hexadecimal of /proc/net/tcp (include/net/tcp_states.h). */
const listening = '0A';
/** TCP_TIME_WAIT: belongs to no process, and SO_REUSEADDR, which Node sets, binds over it. */
const timeWait = '06';
const commandWidth = 60;

/**
 * Reads /proc once. That walks over the descriptors of every process, so it is for failed binds alone: once for all of
 * them, never while traffic flows.
 */
export function readPortHolders(proc = '/proc'): PortHolders {
  const sockets = [...tcpSockets(join(proc, 'net/tcp')), ...tcpSockets(join(proc, 'net/tcp6'))];
  let owners: ReadonlyMap<string, number> | undefined;
  return {
    holderOf(address, port) {
      const rivals = sockets.filter((socket) => socket.port === port && overlaps(socket.address, unmapped(address)));
      // A connection that was bound to the port can hold it, too.
      const rival = rivals.find((socket) => socket.state === listening) ?? rivals[0];
      if (rival === undefined) return undefined;
      owners ??= socketOwners(proc);
      const pid = owners.get(rival.inode);
      return pid === undefined ? undefined : holder(proc, pid);
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

/** Format: proc(5), /proc/net/tcp: `sl local_address rem_address st ... uid timeout inode`. */
function tcpSockets(file: string): TcpSocket[] {
  const sockets: TcpSocket[] = [];
  for (const line of readText(file).split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [, local, , state, , , , , , inode] = fields;
    if (local === undefined || state === undefined || inode === undefined || state === timeWait) continue;
    const [hexAddress = '', hexPort = ''] = local.split(':');
    sockets.push({ address: addressFromHex(hexAddress), port: Number.parseInt(hexPort, 16), state, inode });
  }
  return sockets;
}

/** The kernel prints each 32-bit word of an address in the machine's own byte order. */
function addressFromHex(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return parseAddress(groups.join(':')) ?? '';
}

/** Socket inode -> pid, for the processes whose descriptors we may see. */
function socketOwners(proc: string): Map<string, number> {
  const owners = new Map<string, number>();
  for (const entry of list(proc)) {
    if (!/^\d+$/.test(entry)) continue;
    const folder = join(proc, entry, 'fd');
    for (const fd of list(folder)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(join(folder, fd)))?.[1];
      if (inode !== undefined && !owners.has(inode)) owners.set(inode, Number(entry));
    }
  }
  return owners;
}

function holder(proc: string, pid: number): PortHolder {
  const folder = join(proc, String(pid));
  const words = readText(join(folder, 'cmdline')).split('\0');
  const line = words.join(' ').trim();
  const command = line === '' ? readText(join(folder, 'comm')).trim() || 'a process' : line;
  return {
    pid,
    command: command.length > commandWidth ? `${command.slice(0, commandWidth - 3)}...` : command,
    program: words.some((word) => /^floatgate(\.cjs)?$/.test(basename(word))) ? 'floatgate' : 'another',
  };
}

// Processes end meanwhile, and most belong to other users: what cannot be read counts as empty.

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
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
