import { z } from 'zod';
import { configSchema } from './schema.ts';
import type { About } from './section.ts';

/** A key of the configuration, as the schema describes it; the one place that walks the schema. */
export interface SchemaNode {
  readonly about: About & { readonly description?: string | undefined };
  /** As it would be written; `undefined` where there is none. */
  readonly byDefault: unknown;
  /** How the text of a flag or variable becomes a value: `count` may be a number, `switch` a boolean. */
  readonly reads: 'text' | 'count' | 'switch' | 'list' | 'services';
  /** What may be written, in a word or two: `DURATION`, `off|v1|v2`. */
  readonly placeholder: string;
  /** The keys of a mapping, in the order of the schema. */
  readonly keys: ReadonlyMap<string, SchemaNode>;
  /** What each item of a list, or each value of a mapping with free names, looks like. */
  readonly each: SchemaNode | undefined;
}

let root: SchemaNode | undefined;

/** The whole configuration. Made once, when it is first needed. */
export function schemaTree(): SchemaNode {
  root ??= nodeOf(configSchema);
  return root;
}

/** The node at a path of the configuration; a step into a list or a service leads to what each of them looks like. */
export function nodeAt(path: readonly PropertyKey[]): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>((node, step) => node?.keys.get(String(step)) ?? node?.each, schemaTree());
}

interface Form {
  readonly schema: z.core.SomeType;
  readonly about: SchemaNode['about'];
  readonly byDefault: unknown;
}

function nodeOf(schema: z.core.SomeType): SchemaNode {
  const { schema: bare, about, byDefault } = unwrapped({ schema, about: {}, byDefault: undefined });
  const described = { about, byDefault, keys: new Map<string, SchemaNode>(), each: undefined };
  const placeholder = about.placeholder ?? '';
  if (bare instanceof z.ZodObject) {
    const keys = new Map(Object.entries<z.core.SomeType>(bare.shape).map(([key, below]) => [key, nodeOf(below)]));
    return { ...described, reads: 'text', placeholder, keys };
  }
  if (bare instanceof z.ZodRecord) {
    return { ...described, reads: 'services', placeholder, each: nodeOf(bare.valueType) };
  }
  if (bare instanceof z.ZodArray) {
    const each = nodeOf(bare.element);
    return { ...described, reads: 'list', placeholder: placeholder || each.placeholder, each };
  }
  if (bare instanceof z.ZodUnion) {
    const forms = bare.options.map(nodeOf);
    const suggested = new Set(forms.map((form) => form.placeholder).filter((text) => text !== ''));
    return {
      ...described,
      reads: (['list', 'count'] as const).find((kind) => forms.some(({ reads }) => reads === kind)) ?? 'text',
      placeholder: placeholder || [...suggested].join('|'),
      keys: new Map(forms.flatMap(({ keys }) => [...keys])),
      each: forms.find(({ each }) => each !== undefined)?.each,
    };
  }
  const [reads, word] = plainValue(bare);
  return { ...described, reads, placeholder: placeholder || word };
}

/** Takes off what a schema is wrapped in: defaults, and what is done with a value once it has been read. */
function unwrapped({ schema, about, byDefault }: Form): Form {
  const own = schema instanceof z.ZodType ? schema.meta() : undefined;
  const all = { ...own, ...about };
  if (schema instanceof z.ZodPrefault) {
    return unwrapped({ schema: schema.unwrap(), about: all, byDefault: byDefault ?? schema.def.defaultValue });
  }
  if (schema instanceof z.ZodExactOptional) return unwrapped({ schema: schema.unwrap(), about: all, byDefault });
  if (schema instanceof z.ZodPipe) return unwrapped({ schema: schema.in, about: all, byDefault });
  return { schema, about: all, byDefault };
}

function plainValue(schema: z.core.SomeType): readonly [reads: SchemaNode['reads'], word: string] {
  if (schema instanceof z.ZodNumber) return ['count', 'N'];
  if (schema instanceof z.ZodEnum) return ['text', schema.options.join('|')];
  if (schema instanceof z.ZodBoolean) return ['switch', 'true|false'];
  // A list that is read as a whole is unknown to zod, and describes itself in its JSON Schema (`networks`).
  return schema instanceof z.ZodUnknown ? ['list', 'TEXT'] : ['text', 'TEXT'];
}
