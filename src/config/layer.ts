import type { Place } from '../base/problem.ts';

export type ConfigPath = readonly (string | number)[];
type Values = Readonly<Record<string, unknown>>;

/** A part of a configuration from one source: the file, the environment, or the flags. */
export interface Layer {
  /** As written, not validated yet; a tree of plain data. */
  readonly values: Values;
  /**
   * Where the value (or the key) at a path stands. `depth` says how many steps of the path the layer has: where it is
   * less than the path's length, the place is that of the nearest mapping around it.
   */
  place(path: ConfigPath, part: 'key' | 'value'): { readonly place: Place; readonly depth: number };
}

/** Taken whole from the highest layer that has them. Lists are, too: see `merge`. */
const replacedWhole: readonly string[] = ['gateway.services'];

interface LayerLeft extends Pick<Layer, 'values'> {
  /** What the layer says something about that is not in its values. */
  readonly unreadable: readonly ConfigPath[];
}

/**
 * Lays layers over each other, the highest last. Mappings merge; lists and services replace what is below them, and so
 * does what cannot be read: a lower layer's value is not what the user wants there.
 */
export function mergeLayers(layers: readonly LayerLeft[]): Values {
  return layers.reduce<Values>(
    (merged, { values, unreadable }) => merge(unreadable.reduce(without, merged), values),
    {},
  );
}

/** Whether a layer's values have one of their own in place of what layers below it have at a path. */
export function replaces(values: Layer['values'], path: ConfigPath): boolean {
  let value: unknown = values;
  for (const [index, step] of path.entries()) {
    if (!isMapping(value)) return true;
    value = value[step];
    if (value === undefined) return false;
    if (replacedWhole.includes(path.slice(0, index + 1).join('.'))) return true;
  }
  return !isMapping(value);
}

/** Whether one path leads to the other, or to what is around it. */
export function related(a: ConfigPath, b: ConfigPath): boolean {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

export function isMapping(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Mappings that nothing is left of go, too. Lists have no parts here: they go as a whole. */
function without(values: Values, path: ConfigPath): Values {
  const [step, ...rest] = path;
  if (step === undefined || !Object.hasOwn(values, step)) return values;
  const { [step]: at, ...others } = values;
  if (rest.length === 0 || !isMapping(at)) return others;
  const left = without(at, rest);
  if (left === at) return values;
  return Object.keys(left).length === 0 ? others : { ...others, [step]: left };
}

function merge(below: Values, above: Values, path: readonly string[] = []): Values {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const here = [...path, key];
    const old = below[key];
    const whole = replacedWhole.includes(here.join('.'));
    merged[key] = !whole && isMapping(old) && isMapping(value) ? merge(old, value, here) : value;
  }
  return merged;
}
