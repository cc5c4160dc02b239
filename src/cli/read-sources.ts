import { type MachineFacts, readMachineFacts } from '../base/machine-facts.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { findSplice } from '../engine/find-splice.ts';
import type { Arguments } from './command.ts';
import type { Io } from './io.ts';
import { loadSources } from './load-sources.ts';
import { tellWarnings } from './refuse.ts';

/** What a plan is made from, for commands that serve nothing. Warnings go to stderr. */
export async function readSources(
  command: 'map' | 'check',
  given: Arguments,
  io: Io,
): Promise<{ readonly loaded: LoadedConfig; readonly facts: MachineFacts }> {
  const { positionals: _, switches: __, ...sources } = given;
  const loaded = await loadSources({ command, ...sources, environment: io.environment });
  await tellWarnings(loaded, io);
  return { loaded, facts: readMachineFacts(await findSplice(loaded.config.engine)) };
}
