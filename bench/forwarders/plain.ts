import { fileURLToPath } from 'node:url';
import { floatgate } from './floatgate.ts';
import type { Forwarder } from './forwarder.ts';

/** What a plain run measures: nothing in between, what anyone would write first, and floatgate's portable engine. */
export function plainForwarders(main: string, version: string): readonly Forwarder[] {
  return [
    { kind: 'direct', name: 'direct', role: 'other' },
    {
      kind: 'program',
      name: 'naive',
      role: 'other',
      command: ({ listen, target }) => [
        process.execPath,
        fileURLToPath(new URL('../naive.js', import.meta.url)),
        String(listen.port),
        target.host,
        String(target.port),
      ],
    },
    floatgate(main, 'stream', version),
  ];
}
