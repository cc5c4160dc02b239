import { z } from 'zod';
import { configSchema } from './schema.ts';

/** A node of the JSON Schema, as far as it is walked here. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
}

/**
 * The JSON Schema of a configuration file. Draft 7, which YAML editor extensions read best. Kept as
 * `floatgate.schema.json` beside this file; a test says when that is out of date.
 */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
  return { $schema, title: 'floatgate configuration', ...rest };
}

/** The keys that may stand in the mapping at `path`; none where names are free. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let node: SchemaNode | undefined = configJsonSchema();
  for (const step of path) node = child(node, step);
  return Object.keys(node?.properties ?? {});
}

/** Every path that ends in `key`, in mappings whose keys are fixed: `subnet` -> `['gateway.subnet']`. */
export function pathsEndingIn(key: string): readonly string[] {
  const walk = (node: SchemaNode, path: string): string[] =>
    Object.entries(node.properties ?? {}).flatMap(([name, below]) => [
      ...(name === key ? [`${path}${name}`] : []),
      ...walk(below, `${path}${name}.`),
    ]);
  return walk(configJsonSchema(), '');
}

function child(node: SchemaNode | undefined, step: PropertyKey): SchemaNode | undefined {
  if (typeof step === 'number') return node?.items;
  const other = node?.additionalProperties;
  return node?.properties?.[String(step)] ?? (typeof other === 'object' ? other : undefined);
}
