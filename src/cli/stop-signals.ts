import type { Io } from './io.ts';

/** SIGINT and SIGTERM, as a gateway takes them. */
export interface StopSignals {
  /** Aborts at the first signal: stop gracefully. */
  readonly stop: AbortSignal;
  /** Aborts at a second signal: end at once. */
  readonly force: AbortSignal;
  dispose(): void;
}

/** Milliseconds. One Ctrl-C can arrive twice: from the terminal, and passed on by npm or a service manager. */
const echo = 500;

/** From here until `dispose`, signals no longer end the process by themselves. */
export function stopSignals(io: Io): StopSignals {
  const stop = new AbortController();
  const force = new AbortController();
  let first = Number.NaN;
  const dispose = io.onSignal(() => {
    if (!stop.signal.aborted) {
      first = performance.now();
      stop.abort();
    } else if (performance.now() - first >= echo) {
      force.abort();
    }
  });
  return { stop: stop.signal, force: force.signal, dispose };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
