import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Mapping } from '../forwarders/forwarder.ts';
import { findProgram, versionOf } from './find-program.ts';
import type { Peer } from './peer.ts';

export const rinetd: Peer = {
  name: 'rinetd',
  async prepare({ folder }) {
    const program = findProgram('rinetd');
    const command = (mappings: readonly Mapping[]): Command => {
      const file = join(folder, 'rinetd.conf');
      const rules = mappings.map(
        ({ listen, target }) => `${listen.host} ${listen.port} ${target.host} ${target.port}\n`,
      );
      // Without a line that names one there is no log.
      writeFileSync(file, rules.join(''));
      return [program, '-f', '-c', file];
    };
    return {
      kind: 'program',
      name: rinetd.name,
      role: 'other',
      version: versionOf(program, ['-v']),
      remark: 'idle with up to 2,000 sessions, as 8,000 take it most of a minute',
      mostSessions: 2_000,
      command: (mapping) => command([mapping]),
      commandForMany: command,
    };
  },
};
