import { errnoOf } from '../base/errors.ts';
import { isExhausted } from '../base/exhausted.ts';
import type { DialFailure } from './engine.ts';

/** errno names of connect(2), and the close reason that each makes. */
const reasons: Readonly<Record<string, DialFailure>> = {
  ECONNREFUSED: 'refused',
  // A reset before the handshake was done is how some stacks refuse.
  ECONNRESET: 'refused',
  ETIMEDOUT: 'dial timed out',
};

/** Everything that is not listed is about the way there: EHOSTUNREACH, ENETUNREACH, ENETDOWN, EACCES, EPERM ... */
export function dialFailureOf(error: Error): DialFailure {
  const code = errnoOf(error) ?? '';
  return isExhausted(code) ? 'exhausted' : (reasons[code] ?? 'unreachable');
}
