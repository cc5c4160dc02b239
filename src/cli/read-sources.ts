import { type MachineFacts, readMachineFacts } from '../base/machine-facts.ts';
import type { Outcome } from '../base/problem.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import { findSplice } from '../engine/find-splice.ts';
import type { Arguments } from './command.ts';
import type { Io } from './io.ts';
import { loadSources } from './load-sources.ts';
import { tellWarnings } from './refuse.ts';

/** What a plan is made from, for commands that serve nothing, or every problem of it. Warnings go to stderr. */
export async function readSources(
  command: 'map' | 'check',
  given: Arguments,
  io: Io,
): Promise<Outcome<{ readonly loaded: LoadedConfig; readonly facts: MachineFacts }>> {
  const { positionals: _, switches: __, ...sources } = given;
  const read = await loadSources({ command, ...sources, environment: io.environment });
  await tellWarnings(read, io);
  if (!read.ok) return read;
  const loaded = read.value;
  return { ok: true, value: { loaded, facts: readMachineFacts(await findSplice(loaded.config.engine)) } };
}
