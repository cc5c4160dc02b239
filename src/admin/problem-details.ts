import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import type { Refusal } from './control.ts';
import type { ProblemDetails } from './schemas.ts';

/** The media type of problems (RFC 9457, 3). */
export const problemType = 'application/problem+json';

/** A problem without a type of its own: its title is that of the status (RFC 9457, 4.2.1). */
export function problem(status: number, detail: string, problems?: Refusal['problems']): ProblemDetails {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail, ...(problems !== undefined && { problems }) };
}

/** What is wrong with a request, an entry for each key. */
export function invalidRequest({ issues }: z.ZodError): ProblemDetails {
  const problems = issues.map(({ path, message }) => {
    const place = path.join('.');
    return { ...(place !== '' && { place }), message, text: place === '' ? message : `${place}: ${message}` };
  });
  return problem(400, `Cannot read the request: ${problems.map(({ text }) => text).join('; ')}`, problems);
}
