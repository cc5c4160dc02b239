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
  readonly limits: PlannedLimits;
  readonly timeouts: PlannedTimeouts;
  readonly log: { readonly level: LogLevel; readonly file?: string };
  /** Things worth one line at start, e.g. that only 254 hosts of a larger subnet are mapped. */
  readonly notes: readonly string[];
}

/** What moves the bytes. */
export interface PlannedEngine {
  readonly name: 'splice' | 'stream';
  /** A few words for people. */
  readonly why: string;
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
  /** One target for now. */
  readonly targets: readonly [PlannedTarget];
}

/** What is bound. `dualStack` is one IPv6 socket with V6ONLY off that takes IPv4 too. */
export interface BindAddress {
  /** An IP literal: `0.0.0.0`, `127.0.0.1`, `::`. */
  readonly address: string;
  readonly port: number;
  readonly dualStack: boolean;
}

/** The host:port that a listener leads to. `host` is an IP literal or a name that is looked up at each dial. */
export interface PlannedTarget {
  readonly host: string;
  readonly port: number;
}

export interface PlannedLimits {
  /** Sessions at once. */
  readonly sessions: number;
  /** Sessions at once through one listener. */
  readonly perListener: number;
  /** Clients that may wait at the limit, already accepted; 0 with the splice engine, which leaves them to the kernel. */
  readonly waitingRoom: number;
  /** Pipes that may exist at once; 0 with the stream engine. */
  readonly pipes: number;
  /** One line that says how `sessions` came about. */
  readonly explanation: string;
}

/** All in milliseconds. */
export interface PlannedTimeouts {
  readonly dial: number;
  readonly idle: number;
  readonly halfClosed: number;
  /** An idle session with a dead peer is gone within about this time. */
  readonly keepAlive: number;
  readonly drain: number;
}
