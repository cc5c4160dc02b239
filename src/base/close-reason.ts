/**
 * Why a session ended. A closed set: logs, metrics and tests rely on these words. The first cause wins.
 *
 * `client closed` and `target closed` are clean ends, named after the leg whose FIN came first. `denied`, `limit` and
 * `no answer` end sessions behind a PROXY header: other denied clients have no session. `limit` also means that a dial
 * shows a possible loop. `loop`: the target is a listener of ours. `expired` is `maxAge`; `silent` is a client without
 * a byte either way.
 */
const closeReasons = [
  'client closed',
  'target closed',
  'client reset',
  'target reset',
  'refused',
  'unreachable',
  'lookup failed',
  'lookup timed out',
  'loop',
  'dial timed out',
  'no target',
  'no answer',
  'exhausted',
  'idle',
  'silent',
  'half-closed too long',
  'expired',
  'denied',
  'limit',
  'bad header',
  'header timed out',
  'drained',
  'killed',
  'internal',
] as const;

export type CloseReason = (typeof closeReasons)[number];
