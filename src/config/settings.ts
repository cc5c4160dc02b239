/**
 * Every setting that a flag and an environment variable can give: one table, from which the command line builds its
 * options and `loadConfig` reads flags and environment.
 */
export interface Setting {
  /** Without dashes: `dial-timeout` is `--dial-timeout` and `FLOATGATE_DIAL_TIMEOUT`. */
  readonly flag: string;
  /** A list may be given many times, and each time with commas. */
  readonly type: 'string' | 'list';
  /** What stands for the value in help texts: `--dial-timeout DURATION`. */
  readonly placeholder: string;
  /** Where the value belongs in the configuration. */
  readonly path: readonly [string, ...string[]];
  /** How the text becomes a configuration value: `count` is a number where it looks like one. */
  readonly reads: 'text' | 'count' | 'services';
  readonly description: string;
}

const text = 'string' as const;
const list = 'list' as const;

/** In the order in which help shows them. */
export const settings: readonly Setting[] = [
  {
    flag: 'subnet',
    type: text,
    placeholder: 'auto|metadata|CIDR',
    path: ['gateway', 'subnet'],
    reads: 'text',
    description: "Network to map: the default route's (auto), the cloud's answer (metadata), or like 192.168.20.0/24",
  },
  {
    flag: 'hosts',
    type: list,
    placeholder: 'RANGE',
    path: ['gateway', 'hosts'],
    reads: 'text',
    description: 'Host numbers to map, like 1-254 or 1-20,30',
  },
  {
    flag: 'skip',
    type: list,
    placeholder: 'LIST',
    path: ['gateway', 'skip'],
    reads: 'text',
    description: 'Host numbers, ranges or addresses to leave out, like 17,192.168.20.200',
  },
  {
    flag: 'service',
    type: list,
    placeholder: 'NAME=BASE:PORT',
    path: ['gateway', 'services'],
    reads: 'services',
    description: 'Service to map, like ssh=30000:22; the ones given replace the default ones',
  },
  {
    flag: 'bind',
    type: list,
    placeholder: 'ADDR',
    path: ['bind'],
    reads: 'text',
    description: 'Address to listen on (default: 0.0.0.0 and ::)',
  },
  {
    flag: 'public-address',
    type: list,
    placeholder: 'ADDR',
    path: ['public'],
    reads: 'text',
    description: 'Address at which others reach this machine by NAT, like its floating IP (default: none)',
  },
  {
    flag: 'engine',
    type: text,
    placeholder: 'auto|splice|stream',
    path: ['engine'],
    reads: 'text',
    description: 'What moves the bytes (default: auto: splice where it works, else stream)',
  },
  {
    flag: 'sessions',
    type: text,
    placeholder: 'auto|N',
    path: ['limits', 'sessions'],
    reads: 'count',
    description: 'Sessions at once (default: auto, what descriptors and memory allow)',
  },
  {
    flag: 'memory',
    type: text,
    placeholder: 'auto|SIZE',
    path: ['limits', 'memory'],
    reads: 'text',
    description: 'What all sessions may hold in memory, like 256MiB (default: auto, a quarter of what there is)',
  },
  {
    flag: 'per-listener',
    type: text,
    placeholder: 'auto|N',
    path: ['limits', 'perListener'],
    reads: 'count',
    description: 'Sessions at once through one listener (default: auto, half of all)',
  },
  {
    flag: 'per-source-sessions',
    type: text,
    placeholder: 'auto|unlimited|N',
    path: ['limits', 'perSource', 'sessions'],
    reads: 'count',
    description: 'Sessions at once of one IPv4 address or IPv6 /64 (default: auto, an eighth of all, at least 64)',
  },
  {
    flag: 'per-source-rate',
    type: text,
    placeholder: 'N/s|N/m|N/h',
    path: ['limits', 'perSource', 'rate'],
    reads: 'text',
    description: 'New sessions of one source per time, like 20/m (default: no limit)',
  },
  {
    flag: 'per-source-burst',
    type: text,
    placeholder: 'N',
    path: ['limits', 'perSource', 'burst'],
    reads: 'count',
    description: 'New sessions of one source at once before the rate holds (default: the N of the rate)',
  },
  {
    flag: 'per-target',
    type: text,
    placeholder: 'N',
    path: ['limits', 'perTarget', 'sessions'],
    reads: 'count',
    description: 'Sessions at once to one target host (default: no limit)',
  },
  {
    flag: 'possible-loops',
    type: text,
    placeholder: 'N|unlimited',
    path: ['limits', 'possibleLoops'],
    reads: 'count',
    description: "Unanswered sessions at once whose client is this machine or the session's target (default: 64)",
  },
  {
    flag: 'allow',
    type: list,
    placeholder: 'CIDR',
    path: ['access', 'allow'],
    reads: 'text',
    description: 'Network that clients may come from, like 203.0.113.0/24 (default: everywhere)',
  },
  {
    flag: 'deny',
    type: list,
    placeholder: 'CIDR',
    path: ['access', 'deny'],
    reads: 'text',
    description: 'Network that clients may not come from; wins over --allow',
  },
  {
    flag: 'proxy-protocol',
    type: text,
    placeholder: 'off|v1|v2',
    path: ['proxyProtocol'],
    reads: 'text',
    description: 'PROXY header sent to targets, which must expect it (default: off)',
  },
  {
    flag: 'accept-proxy',
    type: list,
    placeholder: 'CIDR',
    path: ['acceptProxy', 'from'],
    reads: 'text',
    description: 'Network whose clients must send a PROXY header, and are believed (default: none)',
  },
  {
    flag: 'dial-from',
    type: list,
    placeholder: 'ADDR',
    path: ['dialFrom'],
    reads: 'text',
    description: 'Own address to dial targets from; several take turns (default: the one that the kernel chooses)',
  },
  {
    flag: 'dial-timeout',
    type: text,
    placeholder: 'DURATION',
    path: ['timeouts', 'dial'],
    reads: 'text',
    description: 'Time for one try to connect to a target, lookup included (default: 5s)',
  },
  {
    flag: 'dial-total-timeout',
    type: text,
    placeholder: 'DURATION',
    path: ['timeouts', 'dialTotal'],
    reads: 'text',
    description: 'Time for all tries of a session to connect (default: 10s, or --dial-timeout where longer)',
  },
  {
    flag: 'idle-timeout',
    type: text,
    placeholder: 'DURATION',
    path: ['timeouts', 'idle'],
    reads: 'text',
    description: 'Time without a byte after which a session ends (default: 5d)',
  },
  {
    flag: 'half-closed-timeout',
    type: text,
    placeholder: 'DURATION',
    path: ['timeouts', 'halfClosed'],
    reads: 'text',
    description: 'The same once one direction has ended (default: 2m)',
  },
  {
    flag: 'keep-alive',
    type: text,
    placeholder: 'DURATION',
    path: ['timeouts', 'keepAlive'],
    reads: 'text',
    description: 'Time after which an idle session with a dead peer is gone (default: 2m)',
  },
  {
    flag: 'proxy-header-timeout',
    type: text,
    placeholder: 'DURATION',
    path: ['timeouts', 'proxyHeader'],
    reads: 'text',
    description: 'Time that a client has to send its PROXY header (default: 3s)',
  },
  {
    flag: 'max-age',
    type: text,
    placeholder: 'DURATION',
    path: ['timeouts', 'maxAge'],
    reads: 'text',
    description: 'Time after which a session ends, whatever it does (default: never)',
  },
  {
    flag: 'silent-timeout',
    type: text,
    placeholder: 'DURATION',
    path: ['timeouts', 'silent'],
    reads: 'text',
    description: 'Time after which a client that has never sent or received a byte is ended (default: never)',
  },
  {
    flag: 'drain-timeout',
    type: text,
    placeholder: 'DURATION',
    path: ['timeouts', 'drain'],
    reads: 'text',
    description: 'Time that sessions have to end by themselves at shutdown (default: 10s)',
  },
  {
    flag: 'metadata-timeout',
    type: text,
    placeholder: 'DURATION',
    path: ['timeouts', 'metadata'],
    reads: 'text',
    description: 'Time to wait for the metadata service (default: 5m)',
  },
  {
    flag: 'wait-for-network',
    type: text,
    placeholder: 'DURATION',
    path: ['timeouts', 'network'],
    reads: 'text',
    description: 'Time to wait at start for a default route and the addresses of --bind (default: 0s)',
  },
  {
    flag: 'names-stale',
    type: text,
    placeholder: 'DURATION',
    path: ['names', 'stale'],
    reads: 'text',
    description: 'Age up to which the last answer serves while the lookup of a name hangs, 0s for never (default: 1h)',
  },
  {
    flag: 'log-level',
    type: text,
    placeholder: 'LEVEL',
    path: ['log', 'level'],
    reads: 'text',
    description: 'Least severe lines to log: trace, debug, info, warn, error, fatal or silent (default: info)',
  },
  {
    flag: 'log-file',
    type: text,
    placeholder: 'FILE',
    path: ['log', 'file'],
    reads: 'text',
    description: 'File to log to (default: stderr)',
  },
];

/** Flags that are on or off and are no part of the configuration; the environment gives them too. */
export const switches = ['skip-busy', 'verbose', 'json'] as const;
export type Switch = (typeof switches)[number];

/** `dial-timeout` -> `FLOATGATE_DIAL_TIMEOUT`. */
export function environmentName(flag: string): string {
  return `FLOATGATE_${flag.toUpperCase().replaceAll('-', '_')}`;
}
