import { errnoOf } from '../base/errors.ts';
import { isExhausted } from '../base/exhausted.ts';
import type { DialFailure } from './engine.ts';

/** The close reasons for errno names of connect(2). */
const reasons: Readonly<Record<string, DialFailure>> = {
  ECONNREFUSED: 'refused',
  // Some stacks refuse by a reset during the handshake.
  ECONNRESET: 'refused',
  ETIMEDOUT: 'dial timed out',
};

/** An errno that is not listed is about the network: EHOSTUNREACH, ENETUNREACH, ENETDOWN, EACCES, EPERM ... */
export function dialFailureOf(error: Error): DialFailure {
  const code = errnoOf(error) ?? '';
  return isExhausted(code) ? 'exhausted' : (reasons[code] ?? 'unreachable');
}
