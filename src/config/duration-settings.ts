import type { Setting } from './setting.ts';

/** Settings whose value is a duration, in the order in which help shows them. */
export const durationSettings: readonly Setting[] = [
  duration(
    'dial-timeout',
    ['timeouts', 'dial'],
    'Time for one try to connect to a target, lookup included (default: 5s)',
  ),
  duration(
    'dial-total-timeout',
    ['timeouts', 'dialTotal'],
    'Time for all tries of a session to connect (default: 10s, or --dial-timeout where longer)',
  ),
  duration('idle-timeout', ['timeouts', 'idle'], 'Time without a byte after which a session ends (default: 5d)'),
  duration('half-closed-timeout', ['timeouts', 'halfClosed'], 'The same once one direction has ended (default: 2m)'),
  duration(
    'keep-alive',
    ['timeouts', 'keepAlive'],
    'Time after which an idle session with a dead peer is gone (default: 2m)',
  ),
  duration(
    'proxy-header-timeout',
    ['timeouts', 'proxyHeader'],
    'Time that a client has to send its PROXY header (default: 3s)',
  ),
  duration('max-age', ['timeouts', 'maxAge'], 'Time after which a session ends, whatever it does (default: never)'),
  duration(
    'silent-timeout',
    ['timeouts', 'silent'],
    'Time after which a client that has never sent or received a byte is ended (default: never)',
  ),
  duration(
    'drain-timeout',
    ['timeouts', 'drain'],
    'Time that sessions have to end by themselves at shutdown (default: 10s)',
  ),
  duration('metadata-timeout', ['timeouts', 'metadata'], 'Time to wait for the metadata service (default: 5m)'),
  duration(
    'wait-for-network',
    ['timeouts', 'network'],
    'Time to wait at start for a default route and the addresses of --bind (default: 0s)',
  ),
  duration(
    'names-stale',
    ['names', 'stale'],
    'Age up to which the last answer serves while the lookup of a name hangs, 0s for never (default: 1h)',
  ),
];

function duration(flag: string, path: Setting['path'], description: string): Setting {
  return { flag, type: 'string', placeholder: 'DURATION', path, reads: 'text', description };
}
