import type { z } from 'zod';
import type { Problem } from '../base/problem.ts';
import { describeIssue, leafIssues, meantBy, pathOf } from './describe-issue.ts';
import { type ConfigPath, isMapping, type Layer, related } from './layer.ts';
import { configSchema } from './schema.ts';
import { standInFor } from './stand-ins.ts';

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
  readonly kept: KeptItems;
}

/** The place in a list as written of each item that is left of it; lists that are whole are not in here. */
export type KeptItems = ReadonlyMap<readonly unknown[], readonly number[]>;

type WritableKept = Map<readonly unknown[], readonly number[]>;
type Values = Record<string, unknown>;
type Issue = z.core.$ZodIssue;

/** One thing that the schema refuses. */
interface Fault {
  readonly issue: Issue;
  /** As written. */
  readonly path: ConfigPath;
  /** The same, or what lacks it, where it is missing. */
  readonly culprit: ConfigPath;
}

/** Takes out of a layer what the schema refuses, and tells what is wrong with it. */
export function readablePart(layer: Layer): ReadablePart {
  const values = copyOf(layer.values) as Values;
  const kept: WritableKept = new Map();
  const problems: Problem[] = [];
  const unreadable: ConfigPath[] = [];
  // The schema looks at a list as a whole only once its items are right, so that there may be more to tell after that.
  // This ends, as each fault is something that is there, and is taken out or replaced.
  for (;;) {
    const faults = findFaults(values, kept);
    if (faults.length === 0) return { values, problems, unreadable, kept };
    const meant = new Set(faults.flatMap(keysMeant));
    for (const { issue, path, culprit } of faults) {
      // What is wrong only because something was taken out, or is missing because its key is mistyped, is no problem.
      const echo = culprit.length < path.length && meant.has(path.join('.'));
      if (echo || unreadable.some((other) => related(other, path))) continue;
      for (const problem of describeIssue(issue, path, layer)) problems.push(problem);
    }
    for (const fault of faults) for (const path of takeOut(values, fault, kept)) unreadable.push(path);
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

/** Each value once, however many ways the schema finds to refuse it. */
function findFaults(values: Values, kept: KeptItems): readonly Fault[] {
  const { error } = configSchema.safeParse(values);
  const issues = [...(error?.issues ?? []).flatMap(leafIssues), ...protoIssues(values)];
  const seen = new Set<string>();
  return issues
    .flatMap((issue) => (issue.code === 'invalid_key' ? [issue, ...issuesBeneath(issue, values)] : [issue]))
    .flatMap((issue): Fault[] => {
      const path = asWritten(values, pathOf(issue), kept);
      const key = JSON.stringify(path);
      const ofKeys = issue.code === 'unrecognized_keys' || issue.code === 'invalid_key';
      if (seen.has(key) && !ofKeys) return [];
      if (!ofKeys) seen.add(key);
      const missing = find(values, path, kept) === undefined;
      return [{ issue, path, culprit: missing ? path.slice(0, -1) : path }];
    });
}

const servicesPath = ['gateway', 'services'];

/** The schema does not look at the value of a service whose name is wrong. */
function issuesBeneath(issue: Issue, values: Values): readonly Issue[] {
  return serviceIssues('probe', String(issue.path.at(-1)), values);
}

/** The schema passes over a service of this name, which is none. */
function protoIssues(values: Values): readonly Issue[] {
  const services = servicesPath.reduce<unknown>(child, values);
  if (!isMapping(services) || !Object.hasOwn(services, '__proto__')) return [];
  return serviceIssues('-', '__proto__', values).filter(({ code }) => code === 'invalid_key');
}

/** What the schema says of a service once it has another name. */
function serviceIssues(name: string, written: string, values: Values): readonly Issue[] {
  const path = [...servicesPath, written];
  const services = { [name]: path.reduce<unknown>(child, values) };
  const { error } = configSchema.safeParse({ gateway: { services } });
  return (error?.issues ?? [])
    .flatMap(leafIssues)
    .map((issue) => ({ ...issue, path: [...path, ...issue.path.slice(path.length)] }));
}

function keysMeant({ issue, path }: Fault): readonly string[] {
  if (issue.code !== 'unrecognized_keys') return [];
  return issue.keys
    .flatMap((key) => {
      const m = meantBy(path, key);
      return m === undefined ? [] : [m];
    })
    .map((meant) => meant.join('.'));
}

/** @returns what nothing is known about any more */
function takeOut(values: Values, { issue, path, culprit }: Fault, kept: WritableKept): readonly ConfigPath[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.flatMap((key) => {
      const at = [...path, key];
      const one_ = meantBy(path, key);
      const meant = one_ === undefined ? [] : [one_];
      const maybe = meant.length === 0 && typeof find(values, at, kept) === 'object' ? defaultsIn(path) : meant;
      remove(values, at, kept);
      return maybe.filter((one) => find(values, one, kept) === undefined);
    });
  }
  const stand = standInFor(path);
  const around = find(values, path.slice(0, -1), kept);
  if (stand === undefined) remove(values, culprit, kept);
  else if (isMapping(around)) (around as Values)[String(path.at(-1))] = stand;
  return [stand === undefined ? culprit : path];
}

/** What there would be by default in a mapping, and is not meant by who wrote a list or a mapping of another name. */
function defaultsIn(path: ConfigPath): readonly ConfigPath[] {
  if (path.length === 0) return [['gateway'], ['forwards']];
  return path.length === 1 && path[0] === 'gateway' ? [servicesPath] : [];
}

/** The value at a path as written. */
function find(values: unknown, path: ConfigPath, kept: KeptItems): unknown {
  return path.reduce<unknown>((at, step) => child(at, Array.isArray(at) ? positionOf(at, step, kept) : step), values);
}

function remove(values: Values, path: ConfigPath, kept: WritableKept): void {
  const last = path.at(-1);
  if (last === undefined) throw new Error('the schema refuses a configuration that nothing can be taken out of');
  const around = find(values, path.slice(0, -1), kept);
  if (isMapping(around)) delete (around as Values)[last];
  if (!Array.isArray(around)) return;
  const position = positionOf(around, last, kept);
  if (position < 0) return;
  const places = kept.get(around) ?? [...around.keys()];
  around.splice(position, 1);
  kept.set(around, places.toSpliced(position, 1));
}

function positionOf(list: readonly unknown[], step: string | number, kept: KeptItems): number {
  return kept.get(list)?.indexOf(Number(step)) ?? Number(step);
}

function child(at: unknown, step: string | number): unknown {
  if (Array.isArray(at)) return at[Number(step)];
  return isMapping(at) && Object.hasOwn(at, step) ? at[step] : undefined;
}

/** Anchors share parts of a file: here each use has its own, as something may be taken out of one of them. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, copyOf(below)]));
}
