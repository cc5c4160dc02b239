import { z } from 'zod';
import { configSchema } from './schema.ts';

/** A node of the JSON Schema, as far as it is walked here. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/**
 * The JSON Schema of a configuration file. Draft 7, which YAML editor extensions read best. Kept as
 * `floatgate.schema.json` beside this file; a test says when that is out of date.
 */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    // Keys for anchors and notes, which `parseYamlLayer` leaves out.
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) jsonSchema.patternProperties = { '^x-': {} };
    },
  });
  return { $schema, title: 'floatgate configuration', ...rest };
}

let walked: SchemaNode | undefined;

/** Made once: it is asked of each unknown key. */
function root(): SchemaNode {
  walked ??= configJsonSchema();
  return walked;
}

/** The keys that may stand in the mapping at `path`; none where names are free. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let nodes: readonly SchemaNode[] = formsOf(root());
  for (const step of path) nodes = nodes.flatMap((node) => child(node, step)).flatMap(formsOf);
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** Every path that ends in `key`, in mappings whose keys are fixed: `subnet` -> `[['gateway', 'subnet']]`. */
export function pathsEndingIn(key: string): readonly (readonly string[])[] {
  const walk = (node: SchemaNode, path: readonly string[]): (readonly string[])[] =>
    Object.entries(node.properties ?? {}).flatMap(([name, below]) => [
      ...(name === key ? [[...path, name]] : []),
      ...walk(below, [...path, name]),
    ]);
  return walk(root(), []);
}

/** A node and, where a value may take several forms, each of them. */
function formsOf(node: SchemaNode): readonly SchemaNode[] {
  return [node, ...(node.anyOf ?? []).flatMap(formsOf)];
}

function child(node: SchemaNode, step: PropertyKey): readonly SchemaNode[] {
  const other = node.additionalProperties;
  const below =
    typeof step === 'number'
      ? node.items
      : (node.properties?.[String(step)] ?? (typeof other === 'object' ? other : undefined));
  return below === undefined ? [] : [below];
}
