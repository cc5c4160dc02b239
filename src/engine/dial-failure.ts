import { errnoOf } from '../base/errors.ts';
import type { DialFailure } from './engine.ts';

/** errno names of connect(2) and socket(2), and the close reason that each makes. */
const reasons: Readonly<Record<string, DialFailure>> = {
  ECONNREFUSED: 'refused',
  // A reset before the handshake was done is how some stacks refuse.
  ECONNRESET: 'refused',
  ETIMEDOUT: 'dial timed out',
  EMFILE: 'exhausted',
  ENFILE: 'exhausted',
  ENOBUFS: 'exhausted',
  ENOMEM: 'exhausted',
  // No free local port towards this target (ip(7), ip_local_port_range).
  EADDRNOTAVAIL: 'exhausted',
  // connect(2): "no more free local ports", or insufficient routing cache entries.
  EAGAIN: 'exhausted',
};

/** Everything that is not listed is about the way there: EHOSTUNREACH, ENETUNREACH, ENETDOWN, EACCES, EPERM ... */
export function dialFailureOf(error: Error): DialFailure {
  return reasons[errnoOf(error) ?? ''] ?? 'unreachable';
}
