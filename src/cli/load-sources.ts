import { type ConfigSources, configFileOf, type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { readConfigPipe } from '../config/read-config-file.ts';

/** Loads a configuration whose file may be a pipe, which is waited for; a signal ends that wait. */
export async function loadSources(sources: ConfigSources): Promise<LoadedConfig> {
  const file = configFileOf(sources);
  const content = file === undefined ? undefined : await readConfigPipe(file);
  return loadConfig({ ...sources, content });
}
