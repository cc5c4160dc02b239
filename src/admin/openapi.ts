import { z } from 'zod';
import { problemType } from './problem-details.ts';
import type { Route } from './routes.ts';
import { problemSchema } from './schemas.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The description of the API by OpenAPI 3.1, made of the routes and their schemas. */
export function openApi(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'floatgate',
      version,
      description: 'The control socket of a running gateway: HTTP on a Unix socket of its user alone.',
    },
    paths,
    components: { schemas: { Problem: outputOf(problemSchema) } },
  };
}

function operation({ summary, from, input, output, statuses, problems, path }: Route): object {
  const own = inputOf(input);
  const all = [
    ...new Set([...problems, ...(from === 'nowhere' ? [] : [400]), ...(from === 'body' ? [413, 415] : []), 500]),
  ];
  return {
    summary,
    ...(from === 'query' && { parameters: parameters(own, 'query') }),
    ...(from === 'path' && { parameters: parameters(own, 'path') }),
    ...(from === 'body' && { requestBody: { required: true, content: { 'application/json': { schema: own } } } }),
    responses: {
      ...Object.fromEntries(statuses.map((status) => [status, answer(outputOf(output), status, path)])),
      ...Object.fromEntries(all.map((status) => [status, problemAnswer(status)])),
    },
  };
}

function answer(schema: JsonSchema, status: number, path: string): object {
  const description = status === 503 ? 'It drains' : `What ${path} returns`;
  return { description, content: { 'application/json': { schema } } };
}

function problemAnswer(status: number): object {
  const schema = { $ref: '#/components/schemas/Problem' };
  return { description: `A problem, status ${status} (RFC 9457)`, content: { [problemType]: { schema } } };
}

function parameters({ properties = {}, required = [] }: JsonSchema, place: 'query' | 'path'): readonly object[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema,
  }));
}

function inputOf(schema: z.ZodType): JsonSchema {
  return bare(z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12', unrepresentable: 'any' }));
}

function outputOf(schema: z.ZodType): JsonSchema {
  return bare(z.toJSONSchema(schema, { io: 'output', target: 'draft-2020-12' }));
}

/** OpenAPI 3.1 names the dialect once for all. */
function bare({ $schema: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
