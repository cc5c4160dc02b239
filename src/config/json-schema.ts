import { z } from 'zod';
import { configSchema } from './schema.ts';

/**
 * The JSON Schema of a configuration file, with the description and the default of each key, which editors show. Draft 7,
 * which YAML editor extensions read best. Kept as `floatgate.schema.json` beside this file; a test fails when that is
 * out of date.
 */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
  return { $schema, title: 'floatgate configuration', ...Object(forEditors(rest, 'at the top')) };
}

/**
 * A flag means nothing in a file. A default in words becomes a part of the description, but not in a service or forward:
 * there the default is the global value.
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
      // What stands beneath these two is data of users, whose keys may have any name.
      key === 'default' || key === 'examples'
        ? below
        : forEditors(below, key === 'additionalProperties' || key === 'items' ? 'in a scope' : where),
    ]),
  );
}
