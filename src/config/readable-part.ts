import type { z } from 'zod';
import type { Problem } from '../base/problem.ts';
import { describeIssue, leafIssues, pathOf, unknownKeyMeans } from './describe-issue.ts';
import { type ConfigPath, isMapping, type Layer } from './layer.ts';
import { configSchema } from './schema.ts';

/**
 * What is left of a layer once what cannot be read is taken out of it. Problems of several values together are looked
 * for in that, so that a user learns of them at once, not when the last typing error is gone.
 */
export interface ReadablePart {
  /** As the schema takes it. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  /** What was taken out, or may be meant by an unknown key: nothing is known about these. */
  readonly unreadable: readonly ConfigPath[];
}

/** The place in a list as written of each item that is left of it; lists that are whole are not in here. */
export type KeptItems = Map<readonly unknown[], number[]>;

type Values = Record<string, unknown>;

/**
 * What stands in for a value that must be there: the rest of the service or forward is worth a look, too. Whoever uses
 * such a value asks `LoadedConfig.readable` first; nothing is wrong with a name as a target before it is looked up.
 */
const standIns: readonly { readonly path: readonly (string | RegExp)[]; readonly value: unknown }[] = [
  { path: ['gateway', 'services', /^/, /^(base|port)$/], value: 1 },
  { path: ['forwards', /^/, 'listen'], value: 1 },
  { path: ['forwards', /^/, 'to'], value: 'unreadable.invalid:1' },
];

/** Takes out of a layer what the schema refuses, and tells what is wrong with it. Adds to `kept`. */
export function readablePart(layer: Layer, kept: KeptItems): ReadablePart {
  const values = structuredClone(layer.values) as Values;
  const problems: Problem[] = [];
  const unreadable: ConfigPath[] = [];
  // The schema looks at a list as a whole only once its items are right, so that there may be more to tell after that.
  for (;;) {
    const { error } = configSchema.safeParse(values);
    if (error === undefined) return { values, problems, unreadable };
    const issues = error.issues
      .flatMap(leafIssues)
      .map((issue) => ({ issue, path: asWritten(values, pathOf(issue), kept) }));
    // What is wrong only because something was taken out is no problem of the user's.
    const told = issues.filter(({ path }) => !unreadable.some((other) => related(other, path)));
    problems.push(...told.flatMap(({ issue, path }) => describeIssue({ ...issue, path: [...path] }, layer)));
    for (const { issue, path } of issues) unreadable.push(...takeOut(values, issue, path, kept));
  }
}

/** A path into what is left of the values as a path into what was written. */
export function asWritten(values: unknown, path: ConfigPath, kept: KeptItems): ConfigPath {
  let at = values;
  return path.map((step) => {
    const list = at;
    at = child(at, step);
    return Array.isArray(list) ? (kept.get(list)?.[Number(step)] ?? step) : step;
  });
}

/** Whether one path leads to the other, or to what is around it. */
export function related(a: ConfigPath, b: ConfigPath): boolean {
  const shorter = Math.min(a.length, b.length);
  return a.slice(0, shorter).every((step, index) => step === b[index]);
}

/** @returns what nothing is known about any more */
function takeOut(values: Values, issue: z.core.$ZodIssue, path: ConfigPath, kept: KeptItems): readonly ConfigPath[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.flatMap((key) => {
      remove(values, [...path, key], kept);
      return unknownKeyMeans(path, key).filter((meant) => find(values, meant, kept) === undefined);
    });
  }
  const missing = find(values, path, kept) === undefined;
  const gone = missing ? path.slice(0, -1) : path;
  const stand = standIns.find((one) => fits(one.path, missing ? path : gone));
  if (stand !== undefined) put(values, path, stand.value, kept);
  else remove(values, gone, kept);
  return [stand === undefined ? gone : path];
}

/** The value at a path as written. */
function find(values: unknown, path: ConfigPath, kept: KeptItems): unknown {
  return path.reduce<unknown>((at, step) => child(at, Array.isArray(at) ? positionOf(at, step, kept) : step), values);
}

function remove(values: Values, path: ConfigPath, kept: KeptItems): void {
  const around = find(values, path.slice(0, -1), kept);
  const last = path.at(-1);
  if (last === undefined) for (const key of Object.keys(values)) delete values[key];
  else if (isMapping(around)) delete (around as Values)[last];
  else if (Array.isArray(around)) {
    const position = positionOf(around, last, kept);
    if (position < 0) return;
    const places = kept.get(around) ?? [...around.keys()];
    around.splice(position, 1);
    kept.set(around, places.toSpliced(position, 1));
  }
}

function put(values: Values, path: ConfigPath, value: unknown, kept: KeptItems): void {
  const around = find(values, path.slice(0, -1), kept);
  const last = path.at(-1);
  if (last !== undefined && isMapping(around)) (around as Values)[last] = value;
}

function positionOf(list: readonly unknown[], step: string | number, kept: KeptItems): number {
  return kept.get(list)?.indexOf(Number(step)) ?? Number(step);
}

function child(at: unknown, step: string | number): unknown {
  if (Array.isArray(at)) return at[Number(step)];
  return isMapping(at) && Object.hasOwn(at, step) ? at[step] : undefined;
}

function fits(pattern: readonly (string | RegExp)[], path: ConfigPath): boolean {
  if (pattern.length !== path.length) return false;
  return pattern.every((step, index) =>
    typeof step === 'string' ? step === path[index] : step.test(String(path[index])),
  );
}
