import type { Log } from '../observe/log.ts';

/** How the process ends: 0 done, 1 failed while running, 2 wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2;

/**
 * What a signal means to a gateway: SIGINT, SIGTERM and the end of its terminal `stop`, SIGQUIT `drain`, any other
 * SIGHUP `reload`, SIGUSR1 `reopen the log`, SIGUSR2 `nothing yet`.
 */
export type SignalRequest = 'stop' | 'drain' | 'reload' | 'reopen the log' | 'nothing yet';

/** Everything of the process that a command touches, so that a test can put its own in place. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** A warning where root serves; see `giveUpCapabilities`. */
  readonly rootWarning?: string | undefined;
  /** Calls back at each signal, one listener at a time. The returned function ends that, as `endBySignals` does. */
  onSignal(listener: (request: SignalRequest) => void): () => void;
  /** From now on, signals have their default effect. */
  endBySignals(): void;
  /** From now on, a crash is written to this log instead of plain stderr. */
  useLog(log: Log): void;
  /** The gateway is ready. */
  serving(): void;
}

/** Stdout or stderr. */
export interface Output {
  readonly fd: number;
  /** `terminal`: a person reads it; `json`: a program does. */
  readonly style: 'terminal' | 'json';
  readonly colours: 'colours' | 'plain';
  /** Width of the terminal now; 80 where there is none. */
  columns(): number;
  /** Lines of the terminal now; without end where there is none. */
  rows(): number;
  /**
   * Writes all of it and waits for the reader, as a command like `map` must. A running gateway writes through a
   * NonBlockingDestination instead. A closed pipe is no error. Control characters are escaped but in text of `our own`,
   * which may have colours.
   */
  write(text: string, whose?: 'our own'): Promise<void>;
}
