import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { problemType } from './problems.ts';
import type { Route } from './route.ts';
import { problemSchema } from './schemas.ts';

const description = `The control socket of a gateway. Every problem is ${problemType} (RFC 9457), also those that \
are not listed with an operation: 404 for other paths, 405 with Allow for other methods, 408 and 431 for requests \
that are not complete in time or too large.`;

/** The OpenAPI 3.1 document of a table of routes. */
export function describeApi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const each of routes) paths[each.path] = { ...paths[each.path], [each.method]: operation(each) };
  return {
    openapi: '3.1.0',
    info: { title: 'floatgate', version: '1', description },
    paths,
    components: {
      responses: {
        problem: { description: 'A problem', content: { [problemType]: { schema: jsonSchema(problemSchema) } } },
      },
    },
  };
}

function operation({ method, path, summary, takes, returns, problems }: Route): object {
  const values = Object.entries(returns).map(([status, schema]) => [
    status,
    { description: STATUS_CODES[status] ?? '', content: json(schema) },
  ]);
  const refused = problems.map((status) => [status, { $ref: '#/components/responses/problem' }]);
  const input =
    takes.from === 'body'
      ? { requestBody: { required: !takes.schema.safeParse({}).success, content: json(takes.schema) } }
      : { parameters: parameters(takes.from, takes.schema) };
  const operationId = `${method}${path.replaceAll(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
  return {
    operationId: operationId.replaceAll(/\W/g, ''),
    summary,
    ...input,
    responses: Object.fromEntries([...values, ...refused]),
  };
}

function json(schema: z.ZodType): object {
  return { 'application/json': { schema: jsonSchema(schema) } };
}

function parameters(place: 'query' | 'path', schema: z.ZodType): readonly object[] {
  const { properties = {}, required = [] } = jsonSchema(schema);
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: each,
  }));
}

/** As a client writes it, and may read it: keys with defaults are optional, and answers may have further keys. */
function jsonSchema(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
