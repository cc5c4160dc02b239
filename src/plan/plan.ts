import type { Host } from '../base/host.ts';
import type { SessionTimeouts } from '../config/timeouts.ts';

/**
 * The frozen, validated result of a configuration and the facts of the machine: every listener, its targets, every
 * rule and limit. Plain data: it survives `structuredClone`. Nothing below this floor reads configuration.
 */
export interface Plan {
  readonly engine: PlannedEngine;
  /** The mapped subnet in CIDR notation; absent when only forwards are served. */
  readonly subnet?: string;
  /** Services in the order of the configuration; empty when only forwards are served. */
  readonly services: readonly PlannedService[];
  readonly listeners: readonly PlannedListener[];
  /** What holds for the listeners of a service or a forward, by name (`service ssh`, `forward 8080`). */
  readonly rules: Readonly<Record<string, PlannedRules>>;
  readonly limits: PlannedLimits;
  /** Keys of limits that are `auto`, like `limits.sessions`: they follow the machine and the rest of the plan. */
  readonly automatic: readonly string[];
  readonly drain: PlannedDrain;
  readonly control: PlannedControl;
  readonly names: PlannedNames;
  /**
   * Networks and addresses of this machine at start, as the kernel has them (`192.168.20.17`, `10.9.0.0/16`): a target
   * must not lead back to our own listeners. `OwnAddresses` reads them again, where it can.
   */
  readonly ownAddresses: readonly string[];
  /** Addresses that lead to this machine from elsewhere, by NAT: configured, or named by the metadata service. */
  readonly publicAddresses: readonly string[];
  readonly log: PlannedLog;
  /** Things worth one line at start, e.g. that only 254 hosts of a larger subnet are mapped. */
  readonly notes: readonly string[];
}

/** How the names of targets are looked up. */
interface PlannedNames {
  /** Milliseconds for which the last good answer serves while a lookup hangs; 0: not at all. */
  readonly stale: number;
}

/** What moves the bytes. */
export interface PlannedEngine {
  readonly name: 'splice' | 'stream';
  /** A few words for people. */
  readonly why: string;
}

/** How a gateway ends. */
export interface PlannedDrain {
  /** Milliseconds for which clients are still accepted, while readiness says no. */
  readonly grace: number;
  /** Milliseconds that sessions have to end by themselves, once listeners are closed. */
  readonly sessions: number;
  /** `empty`: without that deadline. */
  readonly until: 'deadline' | 'empty';
}

/** The control socket. */
export interface PlannedControl {
  /** `auto`: in the first folder that is fit for it; else the path of the socket. */
  readonly socket: 'auto' | 'off' | { readonly path: string };
  /** What commands call this gateway; absent: by its command. */
  readonly instance?: string;
}

interface PlannedLog {
  readonly level: LogLevel;
  readonly file?: string;
  readonly format: 'auto' | 'text' | 'json';
  readonly quiet: boolean;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** A service: a name, a base port and a target port. */
export interface PlannedService {
  readonly name: string;
  readonly base: number;
  readonly port: number;
}

/** One bound address:port, and where it leads. */
export interface PlannedListener {
  /** `address:port` (`[::]:30016`), unique in a plan; reload compares plans by it. */
  readonly key: string;
  readonly kind: 'service' | 'forward';
  /** The service's name, or the forward's listen text. */
  readonly name: string;
  /** Host number in the subnet; only for `kind: 'service'`. */
  readonly host?: number;
  readonly bind: BindAddress;
  /** Key of what holds for it in `Plan.rules`. */
  readonly rules: string;
  readonly pool: PlannedPool;
}

/** The targets of one listener. Listeners of one forward on several addresses share a pool, by its name. */
export interface PlannedPool {
  /** `ssh/16` (service/host) or the forward's name; unique in a plan. */
  readonly name: string;
  readonly balance: 'roundrobin' | 'leastconn' | 'source';
  readonly targets: readonly [PlannedTarget, ...PlannedTarget[]];
  /** Active checks; absent: passive only. */
  readonly health?: PlannedHealth;
}

/** Active health checks: a TCP connect. */
export interface PlannedHealth {
  /** Milliseconds between two checks of one target. */
  readonly interval: number;
  /** Checks in a row that must succeed until a target that is out is used again. */
  readonly rise: number;
  /** Failures in a row after which a target is passed over. */
  readonly fall: number;
}

/** What holds for all sessions of a service or a forward: its own settings where it has them, else the global ones. */
export interface PlannedRules {
  /** Lists of CIDR. Own `allow`, else the global one; own and global `deny`, which wins. */
  readonly access: PlannedAccess;
  /** Own limits; they hold beside the global ones (`Plan.limits`). */
  readonly limits: PlannedScopeLimits;
  /** Sessions at once through one of its listeners. */
  readonly perListener: number;
  readonly timeouts: PlannedSessionTimeouts;
  /** CIDRs of clients that must send a PROXY header. */
  readonly acceptProxyFrom: readonly string[];
  /** Own addresses that targets of the same family are dialed from, in turn; where there is none the kernel chooses. */
  readonly dialFrom: readonly string[];
}

export interface PlannedAccess {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** Limits of one scope, global or a service or forward; what is absent is unlimited. */
export interface PlannedScopeLimits {
  /** Sessions at once; of a service or forward only. */
  readonly sessions?: number;
  readonly perSource?: PlannedSourceLimits;
  /** Sessions at once per target host, whatever the port. */
  readonly perTarget?: number;
}

/** Limits of one source: an IPv4 or IPv6 prefix of clients. */
export interface PlannedSourceLimits {
  /** Sessions at once. */
  readonly sessions?: number;
  readonly rate?: PlannedRate;
  /** Bits that make a source: 32 and 64 unless configured. */
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
  /** What all sources of one IPv6 network may take together; absent where a source is as large as that. */
  readonly ipv6Network?: PlannedNetworkLimits;
}

/** The second tier of `PlannedSourceLimits`: a site has an IPv6 /48, and with it 65,536 sources (RFC 6177). */
export interface PlannedNetworkLimits {
  readonly sessions?: number;
  readonly rate?: PlannedRate;
  readonly prefix: number;
}

/** A token bucket: `burst` at once, `sessions` more in each `per` milliseconds. */
export interface PlannedRate {
  readonly sessions: number;
  readonly per: number;
  readonly burst: number;
}

/** What is bound. `dualStack` is one IPv6 socket with V6ONLY off that takes IPv4 too. */
export interface BindAddress {
  /** An IP literal: `0.0.0.0`, `127.0.0.1`, `::`. */
  readonly address: string;
  readonly port: number;
  readonly dualStack: boolean;
}

/** Where a listener leads: an address or a name, and a port. */
export type PlannedTarget = Host & {
  readonly port: number;
  /** Its share among targets of the same tier, from 1 up. */
  readonly weight: number;
  /** `backup`: only used while no primary target can be. */
  readonly tier: 'primary' | 'backup';
  /** The PROXY header that it is sent at the start of each session. */
  readonly proxyProtocol: 'off' | 'v1' | 'v2';
};

export interface PlannedLimits extends Omit<PlannedScopeLimits, 'sessions'> {
  /** Sessions at once. */
  readonly sessions: number;
  /** Sessions at once through one listener. */
  readonly perListener: number;
  /** Accepted clients that may wait at the limit; 0 with the splice engine, which leaves them in the kernel's queue. */
  readonly waitingRoom: number;
  /** Sessions at once that may be a loop (`LoopLimit`); absent: unlimited. */
  readonly possibleLoops?: number;
  /** Pipes that may exist at once; 0 with the stream engine. */
  readonly pipes: number;
  /** Bytes that all sessions together may hold in memory, beside `smallHold` each way. */
  readonly memory: number;
  /** Active health checks that may be under way at once; 0 where no pool has any. */
  readonly healthChecks: number;
  /** One line for people: the sum behind `sessions`. */
  readonly explanation: string;
}

/** Milliseconds; `config/timeouts.ts` describes each of them. What is absent has no limit. */
export type PlannedSessionTimeouts = Readonly<Omit<SessionTimeouts, 'dialTotal'>> & { readonly dialTotal: number };
