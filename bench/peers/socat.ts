import { findProgram, versionOf } from './find-program.ts';
import type { Peer } from './peer.ts';

export const socat: Peer = {
  name: 'socat',
  async prepare() {
    const program = findProgram('socat');
    return {
      kind: 'program',
      name: socat.name,
      role: 'other',
      version: versionOf(program, ['-V']),
      unfit: {
        idle: 'a process for each session: 8,000 sessions would be 8,000 processes',
        'start-up': 'a process for each listener',
      },
      // 256 KiB at a time. After the end of one side the other has 10 s instead of half a second.
      command: ({ listen, target }) => [
        program,
        ...['-b', '262144', '-t', '10'],
        `TCP-LISTEN:${listen.port},bind=${listen.host},fork,reuseaddr,nodelay,backlog=1024`,
        `TCP:${target.host}:${target.port},nodelay`,
      ],
    };
  },
};
