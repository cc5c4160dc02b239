import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Mapping, Traffic } from '../forwarders/forwarder.ts';
import type { Logs } from '../forwarders/start.ts';
import { findProgram, versionOf } from './find-program.ts';
import type { Peer } from './peer.ts';

/** The yardstick of a run against peers. */
export const haproxy: Peer = {
  name: 'HAProxy',
  async prepare({ folder }) {
    const program = findProgram('haproxy');
    return {
      kind: 'program',
      name: haproxy.name,
      role: 'other',
      version: versionOf(program, ['-v']),
      command: (mapping, traffic) => haproxyCommand(program, folder, [mapping], { traffic, logs: 'problems' }),
      // Not quiet, which would keep its log back too.
      commandThatLogs: (mapping) =>
        haproxyCommand(program, folder, [mapping], { traffic: 'messages', logs: 'a line each' }),
      commandForMany: (mappings) =>
        haproxyCommand(program, folder, mappings, { traffic: 'messages', logs: 'problems' }),
    };
  },
};

/** In bulk, always splicing cost it 0.4 to 0.7 of what it costs left to choose (2.6.12); in requests, a tenth more. */
const splicing: Readonly<Record<Traffic, readonly string[]>> = {
  bulk: ['  option splice-request', '  option splice-response'],
  messages: ['  option splice-auto'],
};

/**
 * Option 1 of the tutorial (redirect via ports): in the foreground, as one process of one thread. 9,000
 * connections and 200 pipes, because twice that many descriptors fit into 20,000.
 */
function haproxyCommand(
  program: string,
  folder: string,
  mappings: readonly Mapping[],
  { traffic, logs }: { readonly traffic: Traffic; readonly logs: Logs },
): Command {
  const file = join(folder, 'haproxy.cfg');
  const lines = [
    'global',
    '  nbthread 1',
    '  maxconn 9000',
    '  maxpipes 200',
    'defaults',
    '  mode tcp',
    '  maxconn 9000',
    ...splicing[traffic],
    '  timeout connect 5s',
    '  timeout client 1h',
    '  timeout server 1h',
    ...(logs === 'problems' ? [] : ['  log stdout format raw local0', '  option tcplog']),
    ...mappings.flatMap(({ listen, target }, index) => [
      `listen l${index}`,
      `  bind ${listen.host}:${listen.port}`,
      `  server s ${target.host}:${target.port}`,
    ]),
    '',
  ];
  writeFileSync(file, lines.join('\n'));
  return [program, '-db', ...(logs === 'problems' ? ['-q'] : []), '-f', file];
}
