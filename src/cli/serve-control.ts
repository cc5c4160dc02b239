import { openControlSocket } from '../admin/server.ts';
import { choosePlace } from '../admin/socket-place.ts';
import type { ConfigText } from '../config/read-config-file.ts';
import { watchFile } from '../config/watch-file.ts';
import type { Changes } from '../gateway/changes.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { type About, Control } from '../gateway/gateway-control.ts';
import { Traffic } from '../gateway/traffic.ts';
import type { Log } from '../observe/log.ts';
import type { PlannedDrain } from '../plan/plan.ts';
import type { Io } from './io.ts';
import { packageVersion } from './package-version.ts';

/** How a gateway was started. */
export interface ServedAs {
  readonly command: About['command'];
  /** The configuration file; absent: none. */
  readonly file?: string | undefined;
  /** What the file held at the start, where an edit of it is to be applied by itself. */
  readonly watched?: ConfigText | undefined;
}

export interface ServeControlOptions {
  readonly gateway: Gateway;
  readonly changes: Changes;
  readonly log: Log;
  readonly as: ServedAs;
  readonly environment: Io['environment'];
}

/** What can be asked of a running gateway from outside. */
export interface ServedControl {
  /** Resolves when a command begins a drain. */
  readonly drainRequested: Promise<PlannedDrain>;
  close(): Promise<void>;
}

/** Opens the control socket, and watches the configuration file. Without a place for the socket the gateway serves. */
export async function serveControl(options: ServeControlOptions): Promise<ServedControl> {
  const { gateway, changes, log, as, environment } = options;
  const { logger } = log;
  const startedAt = new Date().toISOString();
  let request: (how: PlannedDrain) => void = () => {};
  const drainRequested = new Promise<PlannedDrain>((resolve) => {
    request = resolve;
  });
  const drain = (how: PlannedDrain): void => {
    // At once, and for each request: a further one may shorten it.
    void gateway.drain(how);
    request(how);
  };
  const watch =
    as.watched === undefined || as.file === undefined
      ? undefined
      : watchFile(as.file, {
          last: as.watched,
          onChange: () => changes.reloadSoon('watch'),
          onWarning: (warning) => logger.warn(warning),
        });
  const traffic = new Traffic(gateway.table);
  const place = await choosePlace(gateway.plan.control, as.command, environment);
  if (place.kind === 'none') {
    if (gateway.plan.control.socket !== 'off') logger.warn(place.why);
  }
  const { file } = as;
  const socket =
    place.kind === 'place'
      ? await openControlSocket({
          path: place.path,
          version: packageVersion(),
          control: new Control({
            gateway,
            changes,
            traffic,
            logger,
            log,
            drain,
            about: {
              instance: place.instance,
              version: packageVersion(),
              command: as.command,
              startedAt,
              ...(file !== undefined && { config: file }),
            },
          }),
          onBug: (error) => logger.error({ err: error }, 'the control socket has met a bug; it goes on'),
        })
      : undefined;
  if (socket?.ok === false) logger.warn(socket.why);
  return {
    drainRequested,
    async close() {
      watch?.close();
      traffic.close();
      if (socket?.ok === true) await socket.socket.close();
    },
  };
}
