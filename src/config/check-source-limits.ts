import type { Place, Problem } from '../base/problem.ts';
import { formatPath } from './describe-issue.ts';
import type { ConfigPath } from './layer.ts';
import type { Config } from './schema.ts';
import type { OwnSettings } from './scope-settings.ts';
import { scopesOf } from './scopes.ts';

/**
 * What the keys of `perSource` say together. Asked of the whole configuration, not of each layer: a flag may give the
 * burst to a rate of the file.
 */
export function checkSourceLimits({
  config,
  place,
  readable,
}: {
  readonly config: Config;
  place(path: ConfigPath): Place;
  readable(path: ConfigPath): boolean;
}): readonly Problem[] {
  const all: readonly { readonly path: ConfigPath; readonly limits: Limits | undefined }[] = [
    { path: [], limits: config.limits },
    ...scopesOf(config).map(({ path, own }) => ({ path, limits: own.limits })),
  ];
  return all.flatMap(({ path: around, limits }): Problem[] => {
    const source = limits?.perSource;
    const path = [...around, 'limits', 'perSource'];
    if (source === undefined || source.rate !== undefined || !readable([...path, 'rate'])) return [];
    if (source.burst !== undefined) {
      const burst = [...path, 'burst'];
      const message = `Cannot use ${formatPath(burst)} alone: a burst is what may come before the rate holds; give a rate beside it, like rate: 20/m`;
      return [{ place: place(burst), message }];
    }
    if (source.sessions !== undefined || !readable([...path, 'sessions'])) return [];
    const message = `Cannot use ${formatPath(path)}: it limits nothing; give it sessions or a rate, like sessions: 64`;
    return [{ place: place(path), message }];
  });
}

type Limits = Pick<Config['limits'] | NonNullable<OwnSettings['limits']>, 'perSource'>;
