import type { Logger } from 'pino';
import type { LookupEvent } from '../upstream/known-name.ts';
import type { PoolEvent } from '../upstream/pool.ts';

/** Logs what happens in pools: what gets worse at `warn`, what gets better at `info`. */
export function poolLog(logger: Logger): (event: PoolEvent) => void {
  return (event) => {
    const { kind: _, ...fields } = event;
    switch (event.kind) {
      case 'target out':
        logger.warn(
          fields,
          `target ${event.target} of ${event.pool} is out: ${event.cause} failed, the last: ${event.why}`,
        );
        return;
      case 'target in':
        logger.info(fields, `target ${event.target} of ${event.pool} is in again`);
        return;
      case 'pool empty':
        logger.warn(
          fields,
          `no target of ${event.pool} is left: checks have put all of them out, its clients are reset`,
        );
        return;
      case 'pool has targets again':
        logger.info(fields, `${event.pool} has a target again`);
    }
  };
}

/** Logs which names hang: the start at `warn`, the end at `info`. */
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
