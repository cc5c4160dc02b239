import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces, totalmem } from 'node:os';
import { parseAddress } from './address.ts';
import { hostAddress, subnetOf, subnetSize } from './cidr.ts';
import { isContainerBridge } from './container-bridges.ts';
import { manyRoutes, readLocalNetworks } from './local-networks.ts';
import { type MemoryFacts, memoryFacts } from './memory-facts.ts';
import { type OutgoingPortFacts, readOutgoingPorts } from './outgoing-ports.ts';
import { canMakeIpv6Sockets } from './probe-address.ts';
import { reportedDescriptorLimit } from './reported-limit.ts';
import { parseRoutes, type Route } from './routes.ts';

/** What a plan needs to know of the machine: a plain value, read in one place. */
export interface MachineFacts {
  /** `process.platform`. */
  readonly platform: string;
  readonly addresses: readonly OwnAddress[];
  /** Addresses and networks that the kernel routes as local (`readLocalNetworks`); empty without /proc. */
  readonly localNetworks: readonly string[];
  readonly descriptors: DescriptorFacts;
  readonly memory: MemoryFacts;
  /** Ports below this need a privilege: ip_unprivileged_port_start (ip(7)); 0 where it is not known. */
  readonly unprivilegedPortStart: number;
  /** CAP_NET_BIND_SERVICE is effective (capabilities(7)). */
  readonly mayBindPrivilegedPorts: boolean;
  /** IPv4 routes; `unreadable` where /proc/net/route cannot be read. */
  readonly routes: readonly Route[] | 'unreadable';
  /** Interfaces that are bridges of containers or virtual machines of this machine alone. */
  readonly containerBridges: readonly string[];
  /** IPv6 sockets can be made. */
  readonly ipv6: boolean;
  readonly splice: SpliceFact;
  readonly outgoingPorts: OutgoingPortFacts;
  /** This process is the first one of its machine or container, PID 1 (pid_namespaces(7)). */
  readonly pid1: boolean;
}

/** Whether the splice engine works on this machine, as the engine itself has found out. */
export type SpliceFact = { readonly usable: true } | { readonly usable: false; readonly why: string };

/** An address of one of the machine's interfaces. */
export interface OwnAddress {
  /** Without the label of a labelled address: `eth0` for `eth0:0`. */
  readonly interface: string;
  /** One spelling per address, see `parseAddress`. */
  readonly address: string;
  readonly family: 4 | 6;
  readonly prefix: number;
}

/** How many file descriptors this process may have, and has. */
interface DescriptorFacts {
  /** The soft limit; Node has raised it to the hard one when it started. */
  readonly limit: number;
  readonly open: number;
  /** `report`: process.report, where there is no /proc; `assumed`: a low number, where both are missing. */
  readonly source: 'proc' | 'report' | 'assumed';
}

/** What nearly every Unix grants; used where the limit cannot be read. */
const assumedDescriptorLimit = 1024;
/** The kernel's fs.nr_open default: what `unlimited` comes to (proc_sys_fs(5)). */
const unlimitedDescriptors = 1_048_576;
/** A Node process has about 20 open at start. */
const assumedOpenDescriptors = 32;
/** Bit number, <linux/capability.h>. */
const CAP_NET_BIND_SERVICE = 10n;

/**
 * Reads the facts. Never throws: what cannot be read is assumed, on the careful side. `splice` comes from the engine,
 * which is no business of this floor.
 *
 * @param open descriptors that are open, where it is known: to count 20,000 of them takes 20 ms
 */
export function readMachineFacts(splice: SpliceFact, open?: number): MachineFacts {
  const linux = process.platform === 'linux';
  const addresses = readOwnAddresses();
  return {
    platform: process.platform,
    addresses,
    localNetworks: linux ? readLocalNetworks(manyRoutes) : [],
    descriptors: readDescriptors(open),
    memory: memoryFacts(read, totalmem()),
    unprivilegedPortStart: linux ? readPortStart() : 0,
    mayBindPrivilegedPorts: effectiveCapability(read('/proc/self/status'), CAP_NET_BIND_SERVICE),
    routes: readRoutes(),
    containerBridges: [...new Set(addresses.map((own) => own.interface))].filter((name) => isContainerBridge(name)),
    // Elsewhere than on Linux, sockets can be made where no interface takes part in IPv6, too.
    ipv6: canMakeIpv6Sockets() && (linux || addresses.some(({ family }) => family === 6)),
    splice,
    outgoingPorts: readOutgoingPorts(),
    pid1: process.pid === 1,
  };
}

/** `Max open files  1024  4096  files` -> 1024, the soft limit; `undefined` where the text has no such line. */
export function parseDescriptorLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? unlimitedDescriptors : Number(soft);
}

/** Whether a capability, given by its bit number, is in the CapEff line of /proc/self/status (proc_pid_status(5)). */
export function effectiveCapability(status: string, bit: bigint): boolean {
  const mask = /^CapEff:\s*([\da-f]+)$/im.exec(status)?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> bit) & 1n) === 1n;
}

function readDescriptors(known: number | undefined): DescriptorFacts {
  const open = known ?? countOpenDescriptors() ?? assumedOpenDescriptors;
  const limit = parseDescriptorLimit(read('/proc/self/limits'));
  if (limit !== undefined) return { limit, open, source: 'proc' };
  const reported = reportedDescriptorLimit(unlimitedDescriptors);
  if (reported !== undefined) return { limit: reported, open, source: 'report' };
  return { limit: assumedDescriptorLimit, open, source: 'assumed' };
}

/** The kernel always writes a heading, so that an empty text is none of its own. */
function readRoutes(): MachineFacts['routes'] {
  const text = read('/proc/net/route');
  return text === '' ? 'unreadable' : parseRoutes(text);
}

function countOpenDescriptors(): number | undefined {
  try {
    // One less: the list holds the descriptor that reads it.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

function readPortStart(): number {
  const text = read('/proc/sys/net/ipv4/ip_unprivileged_port_start').trim();
  return /^\d+$/.test(text) ? Number(text) : 1024;
}

/** The broadcast address of the network that an address is in; none for IPv6, nor beyond /30 (RFC 3021). */
export function broadcastOf({ address, family, prefix }: OwnAddress): string | undefined {
  if (family !== 4 || prefix > 30) return undefined;
  const subnet = subnetOf(address, prefix);
  return hostAddress(subnet, subnetSize(subnet) - 1);
}

/**
 * The addresses of all interfaces that are up and have a carrier, as they are now.
 * Never throws: empty where they cannot be read.
 */
export function readOwnAddresses(): readonly OwnAddress[] {
  let interfaces: ReturnType<typeof networkInterfaces>;
  try {
    interfaces = networkInterfaces();
  } catch {
    // Some sandboxes refuse the netlink socket that libuv opens for this (os.networkInterfaces then throws).
    return [];
  }
  return Object.entries(interfaces).flatMap(([label, entries = []]) =>
    entries.flatMap((entry) => {
      const address = parseAddress(entry.address);
      const prefix = Number(entry.cidr?.split('/')[1] ?? Number.NaN);
      if (address === undefined || Number.isNaN(prefix)) return [];
      // libuv names an IPv4 address by its label (ip-address(8)); a name itself has no colon.
      const [name = label] = label.split(':');
      return [{ interface: name, address, family: entry.family === 'IPv6' ? (6 as const) : (4 as const), prefix }];
    }),
  );
}

/** The text of a file of /proc, or nothing. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
