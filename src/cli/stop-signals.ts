import type { Log } from '../observe/log.ts';
import type { Io } from './io.ts';

/** The signals of a process, as a gateway takes them. */
export interface StopSignals {
  /** Aborts at the first request to stop: sessions may end within the drain time-out. */
  readonly stop: AbortSignal;
  /** Aborts at a second request to stop: everything ends at once. */
  readonly force: AbortSignal;
  /** Aborts at the first request to drain: sessions may end, without a deadline. */
  readonly drain: AbortSignal;
  /** Sets the log that signals reopen, and that they are logged to. */
  logTo(log: Log): void;
  /** Sets what SIGHUP does beside reopening the log. */
  onReload(reload: () => void): void;
  dispose(): void;
}

/** Milliseconds. One Ctrl-C can arrive twice: from the terminal, and again from npm or a service manager. */
const echo = 500;

/** From here until `dispose`, signals no longer end the process by themselves. */
export function stopSignals(io: Io, log?: Log): StopSignals {
  const stop = new AbortController();
  const force = new AbortController();
  const drain = new AbortController();
  let first = Number.NaN;
  let current = log;
  let reload = (): void => {};
  const dispose = io.onSignal((request) => {
    switch (request) {
      case 'stop':
        if (!stop.signal.aborted) {
          first = performance.now();
          stop.abort();
        } else if (performance.now() - first >= echo) {
          force.abort();
        }
        break;
      case 'drain':
        drain.abort();
        break;
      case 'reopen the log':
        current?.reopen();
        break;
      case 'reload':
        current?.reopen();
        reload();
        break;
      case 'nothing yet':
        current?.logger.debug('SIGUSR2 means nothing yet');
        break;
    }
  });
  return {
    stop: stop.signal,
    force: force.signal,
    drain: drain.signal,
    logTo(next) {
      current = next;
    },
    onReload(next) {
      reload = next;
    },
    dispose,
  };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
