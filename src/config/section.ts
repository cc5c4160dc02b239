import { z } from 'zod';

/** What describes a key of the schema. Flags, variables, help, the JSON Schema and the manual are made from it. */
export interface About {
  /** The flag without dashes: `dial-timeout` is `--dial-timeout` and `FLOATGATE_DIAL_TIMEOUT`. Left out: none. */
  readonly flag?: string;
  /** What stands for the value in help: `DURATION`. Left out: what the kind of value suggests. */
  readonly placeholder?: string;
  /** The default in words, where the value alone is not clear, or there is none. */
  readonly byDefault?: string;
}

/** A message of the schema: what to write instead. `layerProblems` puts the key and its current value before it. */
export const hint = (text: string): { error: () => string } => ({ error: () => text });

/** A mapping with these keys and no others. `example` completes `write settings below it, like ...`. */
export function section<Shape extends z.ZodRawShape>(
  shape: Shape,
  example: string,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : `write settings below it, like ${example}`),
  });
}

/** The keys of `shape` as a service or a forward has them: each may be left out, and has no default of its own. */
export function ownShape<Shape extends z.ZodRawShape>(shape: Shape): OwnShape<Shape> {
  const own = Object.entries(shape).map(([key, schema]) => [key, z.exactOptional(withoutDefault(schema))]);
  return Object.fromEntries(own);
}

export type OwnShape<Shape extends z.ZodRawShape> = {
  readonly [Key in keyof Shape]: z.ZodExactOptional<WithoutDefault<Shape[Key]>>;
};

type WithoutDefault<Schema> =
  Schema extends z.ZodPrefault<infer Inner extends z.core.SomeType>
    ? Inner
    : Schema extends z.ZodExactOptional<infer Inner extends z.core.SomeType>
      ? Inner
      : Schema;

function withoutDefault(schema: z.core.SomeType): z.core.SomeType {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodExactOptional ? schema.unwrap() : schema;
}

/** One item, or a list of them; a list once read. */
export function listOf<Item extends z.ZodType>(
  item: Item,
  { description, listHint, fewest = 0, ...about }: ListAbout,
): z.ZodPipe<z.ZodUnion<readonly [Item, z.ZodArray<Item>]>, z.ZodTransform<readonly z.output<Item>[]>> {
  return z
    .union([item, z.array(item, hint(listHint)).min(fewest, hint(listHint))], hint(listHint))
    .meta({ description, ...about })
    .transform((read): readonly z.output<Item>[] => (Array.isArray(read) ? read : [read]));
}

interface ListAbout extends About {
  readonly description: string;
  readonly listHint: string;
  readonly fewest?: number;
}
