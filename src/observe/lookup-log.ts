import type { Logger } from 'pino';
import type { LookupEvent } from '../upstream/known-name.ts';

/** Writes to the log which names hang: the start at `warn`, the end at `info`. */
export function lookupLog(logger: Logger): (event: LookupEvent) => void {
  return (event) => {
    const { kind: _, ...fields } = event;
    if (event.kind === 'answered') {
      logger.info(fields, `lookups of ${event.name} are answered again`);
      return;
    }
    const served =
      event.age === undefined
        ? 'its sessions wait for an answer'
        : `its sessions use the last answer, ${Math.round(event.age / 1_000)} s old`;
    logger.warn(fields, `lookup of ${event.name} hangs, ${served}; check that this machine's name servers answer`);
  };
}
