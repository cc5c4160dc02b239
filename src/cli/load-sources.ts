import { type ConfigSources, configFileOf, type ReadConfig, readConfig } from '../config/read-config.ts';
import { readConfigPipe } from '../config/read-config-file.ts';

/** Reads a configuration whose file may be a pipe, which is waited for; a signal ends that wait. */
export async function loadSources(sources: ConfigSources): Promise<ReadConfig> {
  const file = configFileOf(sources);
  const content = file === undefined ? undefined : await readConfigPipe(file);
  return readConfig({ ...sources, content });
}
