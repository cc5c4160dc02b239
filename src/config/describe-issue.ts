import type { z } from 'zod';
import type { Problem } from '../base/problem.ts';
import { type ConfigPath, isMapping, type Layer } from './layer.ts';
import { nearest } from './nearest.ts';
import { nodeAt, type SchemaNode } from './schema-tree.ts';

type Issue = z.core.$ZodIssue;

/**
 * What an issue comes down to: of a value that has one of several forms, but is wrong within, what is wrong there says
 * more than a list of the forms.
 */
export function leafIssues(issue: Issue): readonly Issue[] {
  const within = issue.code === 'invalid_union' ? issue.errors.find((branch) => branch.some(isWithin)) : undefined;
  return within?.flatMap((inner) => leafIssues({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

export function pathOf(issue: Issue): ConfigPath {
  return issue.path.filter((step) => typeof step !== 'symbol');
}

/**
 * A leaf issue in the context's words; `path` is its path as written. The schema's own message is the hint at the end:
 * `write a port ...`.
 */
export function describeIssue(issue: Issue, path: ConfigPath, layer: Layer): readonly Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, layer));
  if (issue.code === 'invalid_key') {
    const { place } = layer.place(path, 'key');
    const key = JSON.stringify(path.at(-1));
    return [{ place, message: `Cannot use ${key} in ${formatPath(path.slice(0, -1))}: ${issue.issues[0]?.message}` }];
  }
  const value = valueAt(layer.values, path);
  if (value === undefined) {
    const around = path.slice(0, -1);
    const { place } = layer.place(around, 'value');
    const message = `Cannot read ${formatPath(around)}: "${String(path.at(-1))}" is missing; ${issue.message}`;
    return [{ place, message }];
  }
  const { place } = layer.place(path, 'value');
  return [{ place, message: `Cannot read ${formatPath(path)}: current value is ${show(value)}; ${issue.message}` }];
}

/** Whether an issue of one form of a union is about a value that has this form. */
function isWithin(issue: Issue): boolean {
  if (issue.path.length > 0) return true;
  if (issue.code === 'invalid_union') return issue.errors.some((branch) => branch.some(isWithin));
  return issue.code !== 'invalid_type';
}

/** `gateway.services.ssh`, `forwards[0].to`. */
export function formatPath(path: ConfigPath): string {
  if (path.length === 0) return 'the configuration';
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/**
 * Where a key that there is not probably belongs: where the same service or forward has such a key, else where the whole
 * configuration has, else the known key beside it that is spelled alike. `undefined` where nothing is near.
 */
export function meantBy(path: ConfigPath, key: string): ConfigPath | undefined {
  return misplaced(path, key) ?? mistyped(path, key);
}

function misplaced(path: ConfigPath, key: string): ConfigPath | undefined {
  const scope = scopeOf(path);
  return [scope, []].flatMap((from) => pathsEndingIn(key, nodeAt(from), from))[0];
}

function mistyped(path: ConfigPath, key: string): ConfigPath | undefined {
  const near = nearest(key, knownKeys(path));
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

function knownKeys(path: ConfigPath): readonly string[] {
  return [...(nodeAt(path)?.keys.keys() ?? [])];
}

function unknownKey(path: ConfigPath, key: string, layer: Layer): Problem {
  const { place } = layer.place([...path, key], 'key');
  const where = path.length === 0 ? '' : ` in ${formatPath(path)}`;
  const elsewhere = misplaced(path, key);
  const near = mistyped(path, key);
  const wayOut =
    elsewhere !== undefined
      ? `it belongs at ${formatPath(elsewhere)}`
      : near !== undefined
        ? `did you mean ${near.at(-1)}?`
        : `known keys are ${knownKeys(path).join(', ')}`;
  return { place, message: `Cannot use key ${JSON.stringify(key)}${where}: there is no such key; ${wayOut}` };
}

function show(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) {
    if (value.length > 80) return 'a long list';
    const text = JSON.stringify(value);
    return text.length <= 80 ? text : 'a list';
  }
  if (isMapping(value)) return 'a mapping';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
}

function valueAt(values: unknown, path: ConfigPath): unknown {
  let value = values;
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)];
    else if (isMapping(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}
