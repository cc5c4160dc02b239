import type { Place, Problem } from '../base/problem.ts';
import { checkSourceLimits } from './check-source-limits.ts';
import { readEnvironment, switchesOn } from './environment.ts';
import { type ConfigPath, type Layer, mergeLayers, related, replaces } from './layer.ts';
import { type ConfigText, readConfigFile } from './read-config-file.ts';
import { asWritten, readablePart } from './readable-part.ts';
import { type Config, configSchema } from './schema.ts';
import { type Switch, settings } from './settings.ts';
import { type GivenSetting, settingsLayer } from './settings-layer.ts';
import { noFile, parseYamlLayer, type YamlLayer } from './yaml-layer.ts';

/** What a configuration is made from, in rising precedence: file, environment, flags. */
export interface ConfigSources {
  /** `forward` serves its own forwards and nothing else; all other settings still hold. */
  readonly command: 'up' | 'forward' | 'map' | 'check';
  /** As `--config` names it; left out, FLOATGATE_CONFIG is asked, and no file is read without either. */
  readonly file?: string;
  /** What the file holds, where it has been read already (`readConfigPipe`); else it must be a regular file. */
  readonly content?: ConfigText | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By flag name without dashes, of `settings` and `switches`; a list for what was given more than once. */
  readonly flags: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** `LISTEN=TARGET` as typed. */
  readonly forwards?: readonly string[];
}

/**
 * A configuration, as far as it could be read: where `problems` has any, nothing may be started with it, and a value that
 * is not `readable` is a default or made up.
 */
export interface LoadedConfig {
  readonly config: Config;
  /** All that is wrong with the values of each source, each by itself. */
  readonly problems: readonly Problem[];
  /** Whether the value at a path of the configuration, and all that is beneath it, is what the user wants. */
  readable(path: ConfigPath): boolean;
  /** Where the value at a path of the configuration came from; `default` where nobody gave it. */
  place(path: ConfigPath): Place;
  /** For the user's eyes: unknown FLOATGATE_ variables and the like. */
  readonly warnings: readonly string[];
  /** Switches that flags or the environment turn on. */
  readonly switches: ReadonlySet<Switch>;
}

/** Reads, checks and merges all sources; tells every problem of every source, not the first only. */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const environment = readEnvironment(sources.environment);
  const fromEnvironment = settingsLayer(environment.given);
  const fromFlags = settingsLayer(givenFlags(sources.flags), sources.forwards);
  const file = readFileLayer(sources, environment.file);

  // Each layer is checked by itself: what a higher layer replaces must be right all the same.
  const parts = [file, fromEnvironment, fromFlags].map(({ layer, unreadable }) => {
    const part = readablePart(layer);
    return { ...part, layer, unreadable: [...unreadable, ...part.unreadable] };
  });
  const kept = new Map(parts.flatMap((part) => [...part.kept]));
  const merged = mergeLayers(parts);
  const written = (path: ConfigPath): ConfigPath => asWritten(merged, path, kept);
  const readable = (path: ConfigPath): boolean => {
    const asked = written(path);
    return !parts.some(({ unreadable }, index) =>
      unreadable.some((gone) => {
        if (!related(gone, asked)) return false;
        const longer = gone.length > asked.length ? gone : asked;
        return !parts.slice(index + 1).some(({ values }) => replaces(values, longer));
      }),
    );
  };
  const nothingAsked = readable(['gateway']) && readable(['forwards']);
  const config = resolve(merged, sources.command, nothingAsked ? 'own subnet' : 'nothing');
  const place = (path: ConfigPath): Place => placeOf(parts, written(path));
  return {
    config,
    problems: [
      ...file.problems,
      ...environment.problems,
      ...fromEnvironment.problems,
      ...fromFlags.problems,
      ...parts.flatMap(({ problems }) => problems),
      ...checkSourceLimits({ config, place, readable }),
    ],
    readable,
    place,
    warnings: [...file.warnings, ...environment.warnings],
    switches: switchesOn(environment.switches, sources.flags),
  };
}

/** Without `gateway` and without `forwards`, the gateway on the machine's own subnet is served by default. */
function resolve(
  merged: Readonly<Record<string, unknown>>,
  command: ConfigSources['command'],
  byDefault: 'own subnet' | 'nothing',
): Config {
  const config = configSchema.parse(merged);
  if (command === 'forward') {
    const { gateway: _, ...rest } = config;
    return rest;
  }
  if (config.gateway !== undefined || config.forwards.length > 0 || byDefault === 'nothing') return config;
  return configSchema.parse({ ...merged, gateway: {} });
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
  return { ...noFile, unreadable: [[]], problems: [{ place, message: `Cannot read ${file}: ${read.why}` }] };
}

function placeOf(parts: readonly { readonly layer: Layer }[], path: ConfigPath): Place {
  const owner = parts
    .toReversed()
    .map(({ layer }) => layer.place(path, 'value'))
    .find(({ depth }) => path.length > 0 && depth === path.length);
  return owner?.place ?? { kind: 'default' };
}
