import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import type { Refusal } from './control.ts';
import type { ProblemDetails } from './schemas.ts';

type Entry = NonNullable<ProblemDetails['problems']>[number];

export const problemType = 'application/problem+json';

/** Entries of one answer: a body of 64 KiB can have thousands of wrong values. */
const mostEntries = 20;

/** RFC 9457: with `about:blank` the title is that of the status. */
export function problem(status: number, detail: string, problems?: readonly Entry[]): ProblemDetails {
  const base = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
  return problems === undefined ? base : { ...base, problems: [...problems] };
}

export function refusalProblem({ status, detail, problems }: Refusal): ProblemDetails {
  return problem(status, detail, problems);
}

/** What a schema says about a request. */
export function invalidProblem(error: z.ZodError): ProblemDetails {
  const entries = error.issues.flatMap(entriesOf);
  const more = entries.length > 1 ? `, and ${entries.length - 1} more` : '';
  return problem(400, `Cannot use this request: ${entries[0]?.text}${more}`, entries.slice(0, mostEntries));
}

function entriesOf(issue: z.core.$ZodIssue): readonly Entry[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => entry([...issue.path, key], 'is not known'));
  return [entry(issue.path, tooLong(issue) ?? issue.message)];
}

/** In words of our own: commands pass it on to whoever typed a long list. */
function tooLong(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code !== 'too_big') return undefined;
  if (issue.origin === 'array') return `it has more than ${issue.maximum} items; send them in several requests`;
  if (issue.origin === 'string') return `it has more than ${issue.maximum} characters; write a shorter one`;
  return undefined;
}

function entry(path: readonly PropertyKey[], message: string): Entry {
  const place = path.map(String).join('.');
  return place === '' ? { message, text: message } : { place, message, text: `${place}: ${message}` };
}
