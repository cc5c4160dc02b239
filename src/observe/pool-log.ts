import type { Logger } from 'pino';
import type { PoolEvent } from '../upstream/pool.ts';

/** Writes what happens in pools to the log: what gets worse at `warn`, what gets better at `info`. */
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
