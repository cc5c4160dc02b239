import { type MachineFacts, readMachineFacts } from '../base/machine-facts.ts';
import type { Outcome } from '../base/problem.ts';
import {
  type ConfigSources,
  configFileOf,
  type LoadedConfig,
  type ReadConfig,
  readConfig,
} from '../config/read-config.ts';
import { type ConfigText, isPipe, readConfigFile, readConfigPipe } from '../config/read-config-file.ts';
import { findSplice } from '../engine/find-splice.ts';
import type { Arguments } from './command.ts';
import type { Io } from './io.ts';
import { printWarnings } from './refuse.ts';

/** Reads what a plan is made from, for commands that serve nothing, or returns every problem. Warnings go to stderr. */
export async function readSources(
  command: 'map' | 'check',
  given: Arguments,
  io: Io,
): Promise<Outcome<{ readonly loaded: LoadedConfig; readonly facts: MachineFacts }>> {
  const { positionals: _, switches: __, options: ___, ...sources } = given;
  const read = await loadSources({ command, ...sources, environment: io.environment });
  await printWarnings(read, io);
  if (!read.ok) return read;
  const loaded = read.value;
  return { ok: true, value: { loaded, facts: readMachineFacts(await findSplice(loaded.config.engine)) } };
}

/** Loads a configuration whose file may be a pipe. It waits for the pipe's writer; a signal ends that wait. */
async function loadSources(sources: ConfigSources): Promise<ReadConfig> {
  return readConfig({ ...sources, content: await readContent(sources) });
}

/** What the configuration file holds, or why it cannot be read; undefined where no file is named. */
export async function readContent(sources: ConfigSources): Promise<ConfigText | undefined> {
  const file = configFileOf(sources);
  return file === undefined ? undefined : ((await readConfigPipe(file)) ?? readConfigFile(file));
}

/** As `readContent`, while a gateway runs. A pipe has been read to its end: it would be an empty configuration now. */
export function readContentAgain(sources: ConfigSources): ConfigText | undefined {
  const file = configFileOf(sources);
  if (file === undefined) return undefined;
  if (!isPipe(file)) return readConfigFile(file);
  const why = 'it is a pipe, which can be read only once; write the configuration to a file, and start with that';
  return { ok: false, why };
}
