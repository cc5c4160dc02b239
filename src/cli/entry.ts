/** What the bin, `floatgate.cts`, has prepared before any other code was loaded. */
export interface Entry {
  /**
   * Calls back at each signal from now on: SIGTERM also where the terminal hung up, SIGHUP only where it did not.
   * `undefined`: signals end the process as they do any program, but for SIGHUP, SIGUSR1 and SIGUSR2.
   */
  takeSignals(listener: ((signal: NodeJS.Signals) => void) | undefined): void;
  /** Closes Node's debugger, which a SIGUSR1 from before the bin's first line opens now or soon. */
  keepInspectorClosed(): void;
  /** A warning where root serves; see `giveUpCapabilities`. */
  readonly rootWarning: string | undefined;
}
