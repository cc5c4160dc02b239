import type { Place } from '../base/problem.ts';

export type ConfigPath = readonly (string | number)[];

/** A part of a configuration from one source: the file, the environment, or the flags. */
export interface Layer {
  /** As written, not validated yet; a tree of plain data. */
  readonly values: Readonly<Record<string, unknown>>;
  /**
   * Where the value (or the key) at a path stands. `depth` says how many steps of the path the layer has: where it is
   * less than the path's length, the place is that of the nearest mapping around it.
   */
  place(path: ConfigPath, part: 'key' | 'value'): { readonly place: Place; readonly depth: number };
}

/** Taken whole from the highest layer that has them. Lists are, too: see `merge`. */
const replacedWhole: readonly string[] = ['gateway.services'];

/** Lays layers over each other, the highest last. Mappings merge; lists and services replace what is below them. */
export function mergeLayers(layers: readonly Pick<Layer, 'values'>[]): Record<string, unknown> {
  return layers.reduce<Record<string, unknown>>((merged, layer) => merge(merged, layer.values, []), {});
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

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(
  below: Readonly<Record<string, unknown>>,
  above: Readonly<Record<string, unknown>>,
  path: readonly string[],
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const here = [...path, key];
    const old = below[key];
    const whole = replacedWhole.includes(here.join('.'));
    merged[key] = !whole && isMapping(old) && isMapping(value) ? merge(old, value, here) : value;
  }
  return merged;
}
