import type { Problem } from '../base/problem.ts';
import { type ConfigPath, formatPath } from '../config/layer.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import type { Config } from '../config/schema.ts';
import type { OwnSettings } from '../config/scope-settings.ts';
import { scopesOf } from '../config/scopes.ts';

/** What is wrong with the keys of `perSource` together: a flag may give the burst to a rate of the file. */
export function checkSourceLimits({ config, place }: LoadedConfig): readonly Problem[] {
  const all: readonly { readonly path: ConfigPath; readonly limits: Limits | undefined }[] = [
    { path: [], limits: config.limits },
    ...scopesOf(config).map(({ path, own }) => ({ path, limits: own.limits })),
  ];
  return all.flatMap(({ path: around, limits }): Problem[] => {
    const source = limits?.perSource;
    if (source === undefined || source.rate !== undefined) return [];
    const path = [...around, 'limits', 'perSource'];
    if (source.burst !== undefined) {
      const burst = [...path, 'burst'];
      const why = 'a burst is what may come before the rate holds';
      const message = `Cannot use ${formatPath(burst)} alone: ${why}; give a rate beside it, like rate: 20/m`;
      return [{ place: place(burst), message }];
    }
    if (source.sessions !== undefined) return [];
    const message = `Cannot use ${formatPath(path)}: it limits nothing; give it sessions or a rate, like sessions: 64`;
    return [{ place: place(path), message }];
  });
}

type Limits = Pick<Config['limits'] | NonNullable<OwnSettings['limits']>, 'perSource'>;
