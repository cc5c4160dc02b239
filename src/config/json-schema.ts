import { z } from 'zod';
import { configSchema } from './schema.ts';

/**
 * The JSON Schema of a configuration file: editors show the description and the default of each key. YAML extensions
 * read draft 7 best. `floatgate.schema.json` beside this file is a copy; a test fails when it is out of date.
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
  return { $schema, title: 'floatgate configuration', ...Object(forEditors(rest, 'at the top')) };
}

/**
 * A flag means nothing in a file. A default in words becomes a part of the description, but not in a service or a
 * forward: there the default is the global value.
 */
function forEditors(value: unknown, where: 'at the top' | 'in a scope'): unknown {
  if (Array.isArray(value)) return value.map((item) => forEditors(item, where));
  if (typeof value !== 'object' || value === null) return value;
  const { flag: _, placeholder: __, byDefault, ...node }: Record<string, unknown> = { ...value };
  const { description } = node;
  if (typeof byDefault === 'string' && typeof description === 'string' && where === 'at the top') {
    node.description = `${description} (default: ${byDefault})`;
  }
  return Object.fromEntries(
    Object.entries(node).map(([key, below]) => [
      key,
      // Values of users: their keys may have any name.
      key === 'default' || key === 'examples'
        ? below
        : forEditors(below, key === 'additionalProperties' || key === 'items' ? 'in a scope' : where),
    ]),
  );
}
