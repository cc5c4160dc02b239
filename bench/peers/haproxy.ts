import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Mapping } from '../forwarders/forwarder.ts';
import type { Logs } from '../forwarders/start.ts';
import { findProgram, versionOf } from './find-program.ts';
import type { Peer } from './peer.ts';

/** The yardstick of a run against peers: `option splice-auto`, as its manual has it. */
export const haproxy: Peer = {
  name: 'HAProxy',
  async prepare({ folder }) {
    const program = findProgram('haproxy');
    return {
      kind: 'program',
      name: haproxy.name,
      role: 'other',
      version: versionOf(program, ['-v']),
      command: (mapping) => haproxyCommand(program, folder, [mapping], { splicing: 'auto', logs: 'problems' }),
      // Not quiet, which would keep its log back too.
      commandThatLogs: (mapping) =>
        haproxyCommand(program, folder, [mapping], { splicing: 'auto', logs: 'a line each' }),
      commandForMany: (mappings) => haproxyCommand(program, folder, mappings, { splicing: 'auto', logs: 'problems' }),
    };
  },
};

const bulkAlone = 'set for bulk; elsewhere as HAProxy above';

/** The same program with settings that few people use: always splice, through pipes as large as floatgate's. */
export const haproxyTuned: Peer = {
  name: 'HAProxy tuned',
  async prepare({ folder }) {
    const program = findProgram('haproxy');
    return {
      kind: 'program',
      name: haproxyTuned.name,
      role: 'other',
      version: versionOf(program, ['-v']),
      remark: 'option splice-request and splice-response, tune.pipesize 1048576',
      unfit: {
        'keep-alive': bulkAlone,
        connections: bulkAlone,
        'connections-logged': bulkAlone,
        'ping-pong': bulkAlone,
        idle: bulkAlone,
        'start-up': bulkAlone,
      },
      command: (mapping) => haproxyCommand(program, folder, [mapping], { splicing: 'always', logs: 'problems' }),
    };
  },
};

type Splicing = 'auto' | 'always';

const splicingOptions: Readonly<Record<Splicing, readonly string[]>> = {
  auto: ['  option splice-auto'],
  always: ['  option splice-request', '  option splice-response'],
};

/**
 * Option 1 of the tutorial (redirect via ports): in the foreground, as one process of one thread. 9,000
 * connections and 200 pipes, because twice that many descriptors fit into 20,000.
 */
function haproxyCommand(
  program: string,
  folder: string,
  mappings: readonly Mapping[],
  { splicing, logs }: { readonly splicing: Splicing; readonly logs: Logs },
): Command {
  const file = join(folder, 'haproxy.cfg');
  const lines = [
    'global',
    '  nbthread 1',
    '  maxconn 9000',
    '  maxpipes 200',
    ...(splicing === 'always' ? ['  tune.pipesize 1048576'] : []),
    'defaults',
    '  mode tcp',
    '  maxconn 9000',
    ...splicingOptions[splicing],
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
