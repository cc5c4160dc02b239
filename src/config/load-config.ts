import { readFileSync } from 'node:fs';
import { errnoOf, messageOf } from '../base/errors.ts';
import type { Outcome, Place, Problem } from '../base/problem.ts';
import { checkSourceLimits } from './check-source-limits.ts';
import { describeIssue } from './describe-issue.ts';
import { readEnvironment } from './environment.ts';
import { type ConfigPath, type Layer, mergeLayers } from './layer.ts';
import { type Config, configSchema } from './schema.ts';
import { type Switch, settings } from './settings.ts';
import { type GivenSetting, settingsLayer } from './settings-layer.ts';
import { sortProblems } from './sort-problems.ts';
import { parseYamlLayer, type YamlLayer } from './yaml-layer.ts';

/** What a configuration is made from, in rising precedence: file, environment, flags. */
export interface ConfigSources {
  /** `forward` serves its own forwards and nothing else; all other settings still hold. */
  readonly command: 'up' | 'forward' | 'map' | 'check';
  /** As `--config` names it; left out, FLOATGATE_CONFIG is asked, and no file is read without either. */
  readonly file?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By flag name without dashes, as `settings` lists them; a list for what was given more than once. */
  readonly flags: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** `LISTEN=TARGET` as typed. */
  readonly forwards?: readonly string[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** Where the value at a path of the configuration came from; `default` where nobody gave it. */
  place(path: ConfigPath): Place;
  /** For the user's eyes: unknown FLOATGATE_ variables and the like. */
  readonly warnings: readonly string[];
  /** Switches that the environment turns on. */
  readonly switches: ReadonlySet<Switch>;
}

/** Reads, checks and merges all sources; on failure every problem of every source, not the first only. */
export function loadConfig(sources: ConfigSources): Outcome<LoadedConfig> {
  const environment = readEnvironment(sources.environment);
  const fromEnvironment = settingsLayer(environment.given);
  const fromFlags = settingsLayer(givenFlags(sources.flags), sources.forwards);
  const file = readFileLayer(sources.file, environment.file);

  const layers = [...(file.layer ? [file.layer] : []), fromEnvironment.layer, fromFlags.layer];
  const problems = [
    ...file.problems,
    ...environment.problems,
    ...fromEnvironment.problems,
    ...fromFlags.problems,
    // Each layer is checked by itself: what a higher layer replaces must be right all the same.
    ...layers.flatMap(checkLayer),
  ];
  if (problems.length > 0) return { ok: false, problems: sortProblems(problems) };

  const config = resolve(mergeLayers(layers), sources.command);
  const place = (path: ConfigPath): Place => placeOf(layers, path);
  const together = checkSourceLimits(config, place);
  if (together.length > 0) return { ok: false, problems: sortProblems(together) };

  return {
    ok: true,
    value: {
      config,
      place,
      warnings: [...file.warnings, ...environment.warnings],
      switches: environment.switches,
    },
  };
}

/** Without `gateway` and without `forwards`, the gateway on the machine's own subnet is served. */
function resolve(merged: Readonly<Record<string, unknown>>, command: ConfigSources['command']): Config {
  const config = configSchema.parse(merged);
  if (command === 'forward') {
    const { gateway: _, ...rest } = config;
    return rest;
  }
  if (config.gateway !== undefined || config.forwards.length > 0) return config;
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

function readFileLayer(flag: string | undefined, variable: string | undefined): YamlLayer {
  const file = flag ?? variable;
  if (file === undefined) return { problems: [], warnings: [] };
  try {
    return parseYamlLayer(file, readFileSync(file, 'utf8'));
  } catch (error) {
    const place: Place =
      flag === undefined ? { kind: 'environment', name: 'FLOATGATE_CONFIG' } : { kind: 'flag', name: '--config' };
    return { problems: [{ place, message: `Cannot read ${file}: ${whyUnreadable(error)}` }], warnings: [] };
  }
}

function whyUnreadable(error: unknown): string {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file; check the path';
    case 'EACCES':
    case 'EPERM':
      return 'permission is denied; allow this user to read it';
    case 'EISDIR':
      return 'it is a directory; name a file in it';
    default:
      return `${messageOf(error)}; check the file`;
  }
}

function checkLayer(layer: Layer): readonly Problem[] {
  const { error } = configSchema.safeParse(layer.values);
  return error?.issues.flatMap((issue) => describeIssue(issue, layer)) ?? [];
}

function placeOf(layers: readonly Layer[], path: ConfigPath): Place {
  const owner = layers
    .toReversed()
    .map((layer) => layer.place(path, 'value'))
    .find(({ depth }) => path.length > 0 && depth === path.length);
  return owner?.place ?? { kind: 'default' };
}
