import { statSync } from 'node:fs';
import { formatDuration } from '../base/duration.ts';
import { type ProblemDetails, problemSchema } from './schemas.ts';
import type { UnixAnswer } from './unix-request.ts';

/**
 * Why there is no answer to use.
 *
 *     gone      nothing listens on the socket any more
 *     cut off   the connection was closed before there was an answer
 *     failed    the gateway cannot be reached, or could not do it
 *     refused   what was asked is wrong: the person who typed it has to change something
 */
export interface ClientFailure {
  readonly kind: 'gone' | 'cut off' | 'failed' | 'refused';
  /** `Cannot X: what is, and what to do`. */
  readonly message: string;
  readonly problems?: NonNullable<ProblemDetails['problems']>;
}

const ofOneVersion = "it may run another version of floatgate: use that one's command";

/** @param deadline milliseconds that the gateway had */
export function unreachable(
  path: string,
  answer: Exclude<UnixAnswer, { kind: 'answered' }>,
  deadline: number,
): ClientFailure {
  const cannot = `Cannot reach the gateway at ${path}`;
  const failed = (why: string): ClientFailure => ({ kind: 'failed', message: `${cannot}: ${why}` });
  if (answer.kind === 'late') {
    return failed(`it has not answered within ${formatDuration(deadline)}; it may be stopped or too busy, try again`);
  }
  switch (answer.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { kind: 'gone', message: `${cannot}: there is no such socket; start a gateway, or name another one` };
    case 'ECONNREFUSED':
      return {
        kind: 'gone',
        message: `${cannot}: nothing listens there any more; start it again, or name another one`,
      };
    // A server with as many connections as it takes closes the next one.
    case 'ECONNRESET':
    case 'EPIPE':
      return {
        kind: 'cut off',
        message: `${cannot}: it has closed the connection; it is ending, or too many others are connected; try again`,
      };
    case 'EACCES':
    case 'EPERM':
      return failed(`it belongs to another user; run this as that user: sudo -u ${ownerOf(path)}`);
    default:
      return failed(`${answer.message}; see its log, and try again`);
  }
}

/** As sudo(8) takes a user. */
function ownerOf(path: string): string {
  try {
    return `'#${statSync(path).uid}'`;
  } catch {
    return 'USER';
  }
}

/** What an answer with a status of 400 or more means. */
export function refusal(route: string, status: number, body: unknown): ClientFailure {
  const read = problemSchema.safeParse(body);
  if (!read.success) {
    return { kind: 'failed', message: `Cannot use ${route} of the gateway: it answers ${status}; ${ofOneVersion}` };
  }
  const { detail, problems } = read.data;
  // 409: not in this state. What was typed is right.
  const kind = status < 500 && status !== 409 ? 'refused' : 'failed';
  return { kind, message: detail, ...(problems !== undefined && { problems }) };
}

/** The answer is not what the schemas say. */
export function unreadable(route: string, why: string): ClientFailure {
  return { kind: 'failed', message: `Cannot read the gateway's answer to ${route}: ${why}; ${ofOneVersion}` };
}
