import type { ControlSocket } from '../admin/server.ts';
import { type ConfigText, isPipe } from '../config/read-config-file.ts';
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
  const { gateway, changes, log, as } = options;
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
  const watch = watchConfig(options);
  const traffic = new Traffic(gateway.table);
  const about = {
    version: packageVersion(),
    command: as.command,
    startedAt: new Date().toISOString(),
    config: as.file,
  };
  const socket = await openSocket(options, (instance) => {
    return new Control({ gateway, changes, traffic, logger, log, drain, about: { ...about, instance } });
  });
  return {
    drainRequested,
    async close() {
      watch?.close();
      traffic.close();
      await socket?.close();
    },
  };
}

/** Applies edits of the configuration file by themselves, where that is wanted. */
function watchConfig({ changes, log: { logger }, as: { file, watched } }: ServeControlOptions) {
  if (watched === undefined || file === undefined) return undefined;
  if (isPipe(file)) {
    logger.warn(`Cannot watch ${file}: it is a pipe, which can be read only once; write the configuration to a file`);
    return undefined;
  }
  return watchFile(file, {
    last: watched,
    onChange: () => changes.reloadSoon('watch'),
    onWarning: (warning) => logger.warn(warning),
  });
}

/** Without a place for it, the log says why. */
async function openSocket(
  { gateway, log: { logger }, as, environment }: ServeControlOptions,
  control: (instance: string) => Control,
): Promise<ControlSocket | undefined> {
  const planned = gateway.plan.control;
  if (planned.socket === 'off') return undefined;
  // Loaded now, so that the start does not wait for it.
  const { openControlSocket } = await import('../admin/server.ts');
  const opened = await openControlSocket({
    planned,
    command: as.command,
    environment,
    control,
    onBug: (error) => logger.error({ err: error }, 'a request to the control socket has met a bug; it goes on'),
  });
  if (opened.ok) {
    const { instance, path } = opened.socket;
    logger.debug({ instance, path }, 'control socket open');
    return opened.socket;
  }
  logger.warn(`No control socket: ${opened.why}; name a path with --control, or turn it off (--control off)`);
  return undefined;
}
