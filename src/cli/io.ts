import type { Log } from '../observe/log.ts';

/** How the process ends: 0 done, 1 failed while running, 2 wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2;

/** Everything of the process that a command touches, so that a test can put its own in place. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** What is to be said where root serves; see `giveUpCapabilities`. */
  readonly rootWarning?: string | undefined;
  /** Calls back at each SIGINT or SIGTERM; the returned function ends that. */
  onSignal(listener: () => void): () => void;
  /** From now on, a crash is written to this log instead of plain stderr. */
  useLog(log: Log): void;
}

/** Stdout or stderr. */
export interface Output {
  readonly fd: number;
  /** `terminal`: a person reads it; `json`: a program does. */
  readonly style: 'terminal' | 'json';
  readonly colours: 'colours' | 'plain';
  /**
   * Writes all of it and waits for the reader, as the output of a command like `map` must. Never while a gateway
   * runs: that writes through a NonBlockingDestination. A reader that has gone is no error.
   */
  write(text: string): Promise<void>;
}
