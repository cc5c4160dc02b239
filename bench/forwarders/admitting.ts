import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, floatgate } from './floatgate.ts';
import type { Command, Program } from './forwarder.ts';

/** Networks in each of the two lists. */
const networks = 1_000;

/** floatgate with all of admission at work: long lists, sessions and rates by source, sessions by target. */
export function admitting(main: string, engine: Engine, version: string, folder: string): Program {
  const file = join(folder, `admission-${engine}.json`);
  const network = (base: number) => (n: number) => `${base + (n >> 8)}.${n & 255}.0.0/16`;
  const numbers = Array.from({ length: networks - 1 }, (_, n) => n);
  // JSON is YAML. The load comes from loopback, within the last network of the allowed ones.
  const config = {
    access: { allow: [...numbers.map(network(20)), '127.0.0.0/8'], deny: numbers.map(network(60)) },
    limits: { perSource: { sessions: 10_000, rate: '999999/s' }, perTarget: { sessions: 10_000 } },
  };
  writeFileSync(file, JSON.stringify(config));
  const off = floatgate(main, engine, version);
  const on = (command: Command): Command => [...command, '--config', file];
  return {
    ...off,
    name: `floatgate ${engine}, admission`,
    remark: `${networks} CIDRs in allow and as many in deny, sessions and rate by source, sessions by target`,
    command: (mapping) => on(off.command(mapping)),
  };
}
