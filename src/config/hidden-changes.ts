import { deepEqual } from '../base/deep-equal.ts';
import { presentPath } from './drain.ts';
import { type ConfigPath, formatPath, isMapping, replacedWhole, valueAt } from './layer.ts';
import type { LoadedConfig } from './read-config.ts';

/**
 * A sentence for each key that differs between two versions of the configuration file without an effect: a flag, a
 * variable or the words of the command hide it. As written: `1h` and `60m` differ.
 */
export function hiddenChanges(old: LoadedConfig, next: LoadedConfig): readonly string[] {
  return changedPaths(old.file.values, next.file.values).flatMap((path) => {
    const by = hiddenBy(path, old, next);
    return by === undefined ? [] : [`${formatPath(path)} ${happened(path, next)}, but ${by}`];
  });
}

/** Keys that differ. Lists, and what layers replace as a whole, are one key each. */
function changedPaths(old: unknown, next: unknown, path: ConfigPath = []): readonly ConfigPath[] {
  const goesOn = (value: unknown) =>
    value === undefined || (isMapping(value) && !replacedWhole.includes(path.join('.')));
  if (deepEqual(old, next)) return [];
  if (!goesOn(old) || !goesOn(next)) return [path];
  const keys = new Set([old, next].flatMap((value) => (isMapping(value) ? Object.keys(value) : [])));
  return [...keys].flatMap((key) => changedPaths(valueAt(old, [key]), valueAt(next, [key]), [...path, key]));
}

/** What hides a key of the file, as the end of a sentence; `undefined` where nothing does. */
function hiddenBy(path: ConfigPath, old: LoadedConfig, next: LoadedConfig): string | undefined {
  // Where `up` does not serve it either, before or after, no key of it is in the file.
  const isServed = old.config.gateway !== undefined || next.config.gateway !== undefined;
  if (path[0] === 'gateway' && !isServed) return 'floatgate forward serves no gateway';
  const place = next.place(presentPath(path));
  if (place.kind !== 'flag' && place.kind !== 'environment') return undefined;
  return path[0] === 'forwards' ? 'the LISTEN=TARGET of the command line hide them' : `${place.name} hides it`;
}

function happened(path: ConfigPath, { file }: LoadedConfig): string {
  const { place, depth } = file.place(path, 'value');
  const have = path[0] === 'forwards' ? 'have' : 'has';
  if (place.kind !== 'file') return `${have} changed`;
  if (depth < path.length) return `${have} been removed from ${place.file}`;
  return `${have} changed in ${place.file}:${place.line}:${place.column}`;
}
