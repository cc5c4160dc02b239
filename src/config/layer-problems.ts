import type { z } from 'zod';
import type { Problem } from '../base/problem.ts';
import { isServiceName, serviceNameHint } from './gateway.ts';
import { type ConfigPath, formatPath, isMapping, type Layer, valueAt } from './layer.ts';
import { configSchema } from './schema.ts';
import { meantKey, unknownKey } from './unknown-key.ts';

type Issue = z.core.$ZodIssue;

/** Everything that the schema refuses in a layer, each value once. */
export function layerProblems(layer: Layer): readonly Problem[] {
  const { error } = configSchema.safeParse(layer.values);
  const issues = (error?.issues ?? []).flatMap(leafIssues);
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ path: pathOf(issue), key })) : [],
  );
  // A key that is missing because it is mistyped or misplaced is no problem of its own.
  const meant = new Set(unknown.map(({ path, key }) => JSON.stringify(meantKey(path, key))));
  const refused = new Map<string, Problem>();
  for (const issue of issues) {
    const path = pathOf(issue);
    const key = JSON.stringify(path);
    if (issue.code === 'unrecognized_keys' || refused.has(key)) continue;
    if (valueAt(layer.values, path) === undefined && meant.has(key)) continue;
    refused.set(key, refusedValue(issue.message, path, layer));
  }
  return [
    ...unknown.map(({ path, key }) => unknownKey(path, key, layer)),
    ...refused.values(),
    ...serviceNameProblems(layer),
  ];
}

/**
 * What an issue comes down to. Where a value may have one of several forms, and has one that is wrong inside, what is
 * wrong inside is the issue.
 */
function leafIssues(issue: Issue): readonly Issue[] {
  const within = issue.code === 'invalid_union' ? issue.errors.find((form) => form.some(isWithin)) : undefined;
  return within?.flatMap((inner) => leafIssues({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

/** Whether an issue of one form of a union is about a value that has this form. */
function isWithin(issue: Issue): boolean {
  if (issue.path.length > 0) return true;
  if (issue.code === 'invalid_union') return issue.errors.some((form) => form.some(isWithin));
  return issue.code !== 'invalid_type';
}

function pathOf(issue: Issue): ConfigPath {
  return issue.path.filter((step) => typeof step !== 'symbol');
}

/** `instead`: the schema's own message, like `write a port from 1 to 65535`. */
function refusedValue(instead: string, path: ConfigPath, layer: Layer): Problem {
  const value = valueAt(layer.values, path);
  if (value === undefined) {
    const around = path.slice(0, -1);
    const { place } = layer.place(around, 'value');
    return { place, message: `Cannot read ${formatPath(around)}: "${String(path.at(-1))}" is missing; ${instead}` };
  }
  const { place } = layer.place(path, 'value');
  return {
    place,
    message: `Cannot read ${(layer.nameOf ?? formatPath)(path)}: current value is ${show(value)}; ${instead}`,
  };
}

/** Names are checked here: zod skips the key `__proto__` of a mapping, and what stands below a name that it refuses. */
function serviceNameProblems(layer: Layer): readonly Problem[] {
  const around = ['gateway', 'services'];
  const services = valueAt(layer.values, around);
  if (!isMapping(services)) return [];
  const wrong = Object.keys(services).filter((name) => !isServiceName(name));
  return wrong.map((name) => ({
    place: layer.place([...around, name], 'key').place,
    message: `Cannot use ${JSON.stringify(name)} in gateway.services: ${serviceNameHint}`,
  }));
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
