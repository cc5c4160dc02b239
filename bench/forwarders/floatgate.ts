import type { Command, Mapping, Program } from './forwarder.ts';

/** What moves the bytes, as given to --engine. */
export type Engine = 'splice' | 'stream';

/** The built command as users run it; `nodeFlags` come before it. */
export function floatgate(main: string, engine: Engine, version: string, nodeFlags: readonly string[] = []): Program {
  const command = ({ listen, target }: Mapping, level: 'warn' | 'info'): Command => [
    process.execPath,
    ...nodeFlags,
    main,
    'forward',
    `${listen.host}:${listen.port}=${target.host}:${target.port}`,
    // All of a load comes from one address. A number, as builds to compare with may not know `unlimited`.
    ...['--per-source-sessions', '1000000', '--engine', engine, '--log-level', level],
  ];
  return {
    kind: 'program',
    name: `floatgate ${engine}`,
    role: 'subject',
    version,
    command: (mapping) => command(mapping, 'warn'),
    commandThatLogs: (mapping) => command(mapping, 'info'),
  };
}
