import type { Outcome, Place } from '../base/problem.ts';
import { drainProblems } from './drain.ts';
import { readEnvironment, switchesOn } from './environment.ts';
import { type ConfigPath, type Layer, mergeLayers, placeIn } from './layer.ts';
import { layerProblems } from './layer-problems.ts';
import { type ConfigText, readConfigFile } from './read-config-file.ts';
import { type Config, configSchema } from './schema.ts';
import { type Switch, settings } from './settings.ts';
import { type GivenSetting, settingsLayer } from './settings-layer.ts';
import { noFile, parseYamlLayer, type YamlLayer } from './yaml-layer.ts';

/** What a configuration is made from, in rising precedence: file, environment, flags. */
export interface ConfigSources {
  /** `forward` serves its own forwards and nothing else; all other settings still hold. */
  readonly command: 'up' | 'forward' | 'map' | 'check';
  /** As `--config` names it; left out, FLOATGATE_CONFIG names it; without either no file is read. */
  readonly file?: string;
  /** What the file holds, where it has been read already (`readConfigPipe`); else it must be a regular file. */
  readonly content?: ConfigText | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By flag name without dashes, of `settings` and `switches`; a list for what was given more than once. */
  readonly flags: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** `LISTEN=TARGET` as typed. */
  readonly forwards?: readonly string[];
  /**
   * `LISTEN=TARGET[,TARGET...]` that a running gateway was given: served beside all else, and behind the forwards of
   * the configuration. They are no reason not to serve the gateway on the own subnet.
   */
  readonly added?: readonly string[];
}

/** A whole configuration, and where each of its values comes from. */
export interface LoadedConfig {
  /** Frozen, all the way down. */
  readonly config: Config;
  /** Where the value at a path of the configuration came from; `default` where no source has it. */
  place(path: ConfigPath): Place;
  /** Switches that flags or the environment turn on. */
  readonly switches: ReadonlySet<Switch>;
  /** What the file gives, as written; empty without a file. */
  readonly file: Layer;
}

export type ReadConfig = Outcome<LoadedConfig> & {
  /** For the user's eyes: unknown FLOATGATE_ variables and the like. */
  readonly warnings: readonly string[];
  /** `log.format`, also where something else has problems; what is no format counts as `auto`. */
  readonly logFormat: Config['log']['format'];
};

/**
 * Reads, checks and merges all sources. This is the first of two phases: it returns a whole configuration, or every
 * problem of every source. The second one, `buildPlan`, checks what the values mean together and on this machine.
 */
export function readConfig(sources: ConfigSources): ReadConfig {
  const environment = readEnvironment(sources.environment);
  const fromEnvironment = settingsLayer(environment.given);
  const fromFlags = settingsLayer(givenFlags(sources.flags), sources.forwards);
  const added = settingsLayer([], sources.added);
  const file = readFileLayer(sources, environment.file);
  const layers = [file.layer, fromEnvironment.layer, fromFlags.layer];
  const problems = [
    ...file.problems,
    ...environment.problems,
    ...fromEnvironment.problems,
    ...fromFlags.problems,
    ...added.problems,
    // Each layer by itself: what a higher layer replaces must be right all the same.
    ...[...layers, added.layer].flatMap(layerProblems),
    ...layers.flatMap(drainProblems),
  ];
  const warnings = [...file.warnings, ...environment.warnings];
  const merged = mergeLayers(layers);
  const logFormat = logFormatIn(merged);
  if (problems.length > 0) return { ok: false, problems, warnings, logFormat };
  const own = resolve(merged, sources.command);
  const more = configSchema.parse(added.layer.values).forwards;
  const config = deepFreeze({ ...own, forwards: [...own.forwards, ...more] });
  const place = (path: ConfigPath): Place => {
    const [first, index, ...below] = path;
    const isAdded = first === 'forwards' && typeof index === 'number' && index >= own.forwards.length;
    return isAdded ? placeIn([added.layer], [first, index - own.forwards.length, ...below]) : placeIn(layers, path);
  };
  return {
    ok: true,
    value: { config, place, switches: switchesOn(environment.switches, sources.flags), file: file.layer },
    warnings,
    logFormat,
  };
}

function logFormatIn({ log }: Layer['values']): ReadConfig['logFormat'] {
  const format = typeof log === 'object' && log !== null && 'format' in log ? log.format : undefined;
  return format === 'json' || format === 'text' ? format : 'auto';
}

/** Without `gateway` and without `forwards`, the gateway on the machine's own subnet is served by default. */
function resolve(merged: Layer['values'], command: ConfigSources['command']): Config {
  const config = configSchema.parse(merged);
  if (command === 'forward') {
    const { gateway: _, ...rest } = config;
    return rest;
  }
  if (config.gateway !== undefined || config.forwards.length > 0) return config;
  return configSchema.parse({ ...merged, gateway: {} });
}

/** Freezes a tree of plain data, all the way down, and returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}

/** The place of the first of several values that is no default. */
export function firstWritten({ place }: LoadedConfig, paths: readonly ConfigPath[]): Place {
  return paths.map(place).find(({ kind }) => kind !== 'default') ?? { kind: 'default' };
}

function givenFlags(flags: ConfigSources['flags']): readonly GivenSetting[] {
  return settings.flatMap((setting): GivenSetting[] => {
    const value = flags[setting.flag];
    if (value === undefined) return [];
    const texts = typeof value === 'string' ? [value] : value;
    return texts.length === 0 ? [] : [{ setting, texts, place: { kind: 'flag', name: `--${setting.flag}` } }];
  });
}

/** The file that is to be read: the flag's, else the environment's. */
export function configFileOf({ file, environment }: Pick<ConfigSources, 'file' | 'environment'>): string | undefined {
  return file ?? readEnvironment(environment).file;
}

function readFileLayer({ file: flag, content }: ConfigSources, variable: string | undefined): YamlLayer {
  const file = flag ?? variable;
  if (file === undefined) return noFile;
  const read = content ?? readConfigFile(file);
  if (read.ok) return parseYamlLayer(file, read.text);
  const place: Place =
    flag === undefined ? { kind: 'environment', name: 'FLOATGATE_CONFIG' } : { kind: 'flag', name: '--config' };
  return { ...noFile, problems: [{ place, message: `Cannot read ${file}: ${read.why}` }] };
}
