import type { Problem } from '../base/problem.ts';
import { type ConfigPath, formatPath, type Layer } from './layer.ts';
import { nearest } from './nearest.ts';
import { nodeAt, type SchemaNode } from './schema-tree.ts';

/** The problem of a key that there is not in the mapping at `path`, with the place where it probably belongs. */
export function unknownKey(path: ConfigPath, key: string, layer: Layer): Problem {
  const { place } = layer.place([...path, key], 'key');
  const where = path.length === 0 ? '' : ` in ${formatPath(path)}`;
  return {
    place,
    message: `Cannot use key ${JSON.stringify(key)}${where}: there is no such key; ${advice(path, key)}`,
  };
}

/** The key that an unknown one probably means, `undefined` where nothing is near. */
export function meantKey(path: ConfigPath, key: string): ConfigPath | undefined {
  return misplaced(path, key) ?? mistyped(path, key);
}

function advice(path: ConfigPath, key: string): string {
  const elsewhere = misplaced(path, key);
  if (elsewhere !== undefined) return `it belongs at ${formatPath(elsewhere)}`;
  const near = mistyped(path, key);
  return near === undefined ? `known keys are ${keysAt(path).join(', ')}` : `did you mean ${near.at(-1)}?`;
}

/** Where the same service or forward has such a key, else where the whole configuration has. */
function misplaced(path: ConfigPath, key: string): ConfigPath | undefined {
  return [scopeOf(path), []].flatMap((from) => pathsEndingIn(key, nodeAt(from), from))[0];
}

function mistyped(path: ConfigPath, key: string): ConfigPath | undefined {
  const near = nearest(key, keysAt(path));
  return near === undefined ? undefined : [...path, near];
}

/** The service or forward that a path leads into; empty where it leads into none. */
function scopeOf(path: ConfigPath): ConfigPath {
  if (path[0] === 'forwards') return path.slice(0, 2);
  return path[0] === 'gateway' && path[1] === 'services' ? path.slice(0, 3) : [];
}

/** Every path that ends in `key`, in mappings whose keys are fixed: `subnet` -> `[['gateway', 'subnet']]`. */
function pathsEndingIn(key: string, node: SchemaNode | undefined, around: ConfigPath): readonly ConfigPath[] {
  return [...(node?.keys ?? [])].flatMap(([name, below]) => {
    const path = [...around, name];
    return [...(name === key ? [path] : []), ...pathsEndingIn(key, below, path)];
  });
}

function keysAt(path: ConfigPath): readonly string[] {
  return [...(nodeAt(path)?.keys.keys() ?? [])];
}
