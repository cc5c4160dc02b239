import type { Place } from '../base/problem.ts';

export type ConfigPath = readonly (string | number)[];
type Values = Readonly<Record<string, unknown>>;

/** A part of a configuration from one source: the file, the environment, or the flags. */
export interface Layer {
  /** As written, not validated yet; a tree of plain data. */
  readonly values: Values;
  /**
   * Where the value (or the key) at a path stands. `depth` is how many steps of the path the layer has. Where that is
   * less than the path's length, the place is that of the nearest mapping around it.
   */
  place(path: ConfigPath, part: 'key' | 'value'): { readonly place: Place; readonly depth: number };
  /** What messages call a value; left out: its path. */
  readonly nameOf?: (path: ConfigPath) => string;
}

/** Taken whole from the highest layer that has them, as lists are. */
export const replacedWhole: readonly string[] = ['gateway.services'];

/** Lays layers over each other, the highest last. Mappings merge; lists and services replace what is below them. */
export function mergeLayers(layers: readonly Layer[]): Values {
  return layers.reduce<Values>((merged, { values }) => merge(merged, values), {});
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

/** The place of a value in the highest layer that has it; `default` where none has. */
export function placeIn(layers: readonly Layer[], path: ConfigPath): Place {
  for (const layer of layers.toReversed()) {
    const { place, depth } = layer.place(path, 'value');
    if (path.length > 0 && (depth === path.length || isOneItem(layer, path))) return place;
  }
  return { kind: 'default' };
}

/** Whether a path leads to an item of a list that was written as one value: then that value is the place. */
function isOneItem({ values }: Layer, path: ConfigPath): boolean {
  if (typeof path.at(-1) !== 'number') return false;
  const list = valueAt(values, path.slice(0, -1));
  return list !== undefined && typeof list !== 'object';
}

export function valueAt(values: unknown, path: ConfigPath): unknown {
  let value = values;
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)];
    else if (isMapping(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

export function isMapping(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `gateway.services.ssh`, `forwards[0].to`. */
export function formatPath(path: ConfigPath): string {
  if (path.length === 0) return 'the configuration';
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
