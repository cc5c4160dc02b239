/** Why a session ended. A closed set: logs, metrics and tests rely on these words. The first cause wins. */
const closeReasons = [
  // Clean ends are named after the leg whose FIN came first.
  'client closed',
  'target closed',
  'client reset',
  'target reset',
  'refused',
  'unreachable',
  'lookup failed',
  'lookup timed out',
  // The target is a listener of ours.
  'loop',
  'dial timed out',
  'no target',
  'no answer',
  'exhausted',
  'idle',
  // No byte either way.
  'silent',
  'half-closed too long',
  // `maxAge`.
  'expired',
  // `denied`, `limit` and `no answer` end sessions behind a PROXY header: other denied clients have no session.
  'denied',
  // Or a dial shows a possible loop.
  'limit',
  'bad header',
  'header timed out',
  'drained',
  'killed',
  'internal',
] as const;

export type CloseReason = (typeof closeReasons)[number];
