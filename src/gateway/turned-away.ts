import type { Logger } from 'pino';

/** Milliseconds between two lines. */
const pause = 10_000;

/** Counts clients that found the gateway full; says so at most every ten seconds, with all that were not yet told. */
export function turnedAwayLog(logger: Logger): () => void {
  let untold = 0;
  let told = Number.NEGATIVE_INFINITY;
  return () => {
    untold += 1;
    const now = performance.now();
    if (now - told < pause) return;
    told = now;
    logger.warn({ clients: untold, reason: 'limit' }, 'clients turned away: no session and no place to wait is free');
    untold = 0;
  };
}
