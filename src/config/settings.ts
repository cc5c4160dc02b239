import { durationSettings } from './duration-settings.ts';
import type { Setting } from './setting.ts';

const text = 'string' as const;
const list = 'list' as const;

/**
 * Every setting that a flag and an environment variable can give, in the order in which help shows them: from this table
 * the command line builds its options, and `loadConfig` reads flags and environment.
 */
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
  ...durationSettings,
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
    description: 'File to log to; - is stderr (default: stderr)',
  },
  {
    flag: 'log-format',
    type: text,
    placeholder: 'auto|text|json',
    path: ['log', 'format'],
    reads: 'text',
    description: 'Form of log lines (default: auto: text on a terminal, JSON elsewhere)',
  },
  {
    flag: 'log-quiet',
    type: text,
    placeholder: 'true|false',
    path: ['log', 'quiet'],
    reads: 'switch',
    description: 'Count connections that end without a byte, like probes, instead of logging each (default: false)',
  },
];

/** Flags that are on or off and are no part of the configuration; the environment gives them too. */
export const switches = ['skip-busy', 'verbose', 'json'] as const;
export type Switch = (typeof switches)[number];

/** `dial-timeout` -> `FLOATGATE_DIAL_TIMEOUT`. */
export function environmentName(flag: string): string {
  return `FLOATGATE_${flag.toUpperCase().replaceAll('-', '_')}`;
}
