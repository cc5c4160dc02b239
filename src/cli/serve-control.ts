import { openControlSocket } from '../admin/server.ts';
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
  const about = {
    version: packageVersion(),
    command: as.command,
    startedAt: new Date().toISOString(),
    config: as.file,
  };
  const socket = await openControlSocket({
    planned: gateway.plan.control,
    command: as.command,
    environment,
    control: (instance) =>
      new Control({ gateway, changes, traffic, logger, log, drain, about: { ...about, instance } }),
    onBug: (error) => logger.error({ err: error }, 'a request to the control socket has met a bug; it goes on'),
  });
  if (socket.ok) logger.debug({ instance: socket.socket.instance, path: socket.socket.path }, 'control socket open');
  else if (gateway.plan.control.socket !== 'off') {
    logger.warn(`No control socket: ${socket.why}; name a path with --control, or turn it off (--control off)`);
  }
  return {
    drainRequested,
    async close() {
      watch?.close();
      traffic.close();
      if (socket.ok) await socket.socket.close();
    },
  };
}
