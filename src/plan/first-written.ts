import type { Place } from '../base/problem.ts';
import type { ConfigPath } from '../config/layer.ts';
import type { LoadedConfig } from '../config/load-config.ts';

/** The place of the first of several values that somebody wrote down. */
export function firstWritten(loaded: LoadedConfig, paths: readonly ConfigPath[]): Place {
  const places = paths.map((path) => loaded.place(path));
  return places.find(({ kind }) => kind !== 'default') ?? { kind: 'default' };
}
