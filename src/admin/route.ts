import type { z } from 'zod';
import type { Answer, GatewayControl } from './control.ts';
import { invalidProblem, refusalProblem } from './problems.ts';
import type { ProblemDetails } from './schemas.ts';

/** What is sent back. */
export type Reply =
  | { readonly kind: 'value'; readonly status: number; readonly value: unknown }
  | { readonly kind: 'problem'; readonly problem: ProblemDetails };

/** One operation of the API: the application and its OpenAPI document are both made of these. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As OpenAPI writes it: `/api/sessions/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** `path`: the parameters of the path. A body may be left out where its schema takes `{}`. */
  readonly takes: { readonly from: 'query' | 'path' | 'body'; readonly schema: z.ZodType };
  /** Statuses with what they carry. */
  readonly returns: Readonly<Record<number, z.ZodType>>;
  /** Statuses of problems, 404 and 405 of paths that are not there aside. */
  readonly problems: readonly number[];
  /** What it throws or rejects with is a bug. */
  readonly run: (control: GatewayControl, given: unknown) => Promise<Reply>;
}

/** A route whose `run` gets what its schema has made of the request. */
export function route<Schema extends z.ZodType>(
  definition: Omit<Route, 'takes' | 'run'> & {
    readonly takes: { readonly from: Route['takes']['from']; readonly schema: Schema };
    readonly run: (control: GatewayControl, given: z.output<Schema>) => Promise<Reply>;
  },
): Route {
  return {
    ...definition,
    run: async (control, given) => {
      const parsed = definition.takes.schema.safeParse(given);
      if (!parsed.success) return { kind: 'problem', problem: invalidProblem(parsed.error) };
      return await definition.run(control, parsed.data);
    },
  };
}

export function reply(status: number, value: unknown): Reply {
  return { kind: 'value', status, value };
}

export function replyOf(status: number, answer: Answer<unknown>): Reply {
  return answer.ok ? reply(status, answer.value) : { kind: 'problem', problem: refusalProblem(answer.refusal) };
}
