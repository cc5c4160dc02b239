/** Owner of code that may have a bug: a relay, a dial, the reading of a head. A bug ends its owner alone. */
export interface Crashable {
  /** An exception came out of its code. It ends, with this outcome. */
  crashed(error: unknown): void;
}

/**
 * The boundary of the engine's events: runs `work`, which is code of `owner`. An exception ends the owner alone. Does
 * not throw.
 */
export function contain(owner: Crashable, work: () => void): void {
  try {
    work();
  } catch (error) {
    crash(owner, error);
  }
}

/** Ends `owner`. An exception while it ends, or without a session to end, is an uncaught one. Does not throw. */
export function crash(owner: Crashable, error: unknown): void {
  try {
    owner.crashed(error);
  } catch (unowned) {
    // Thrown here, it would be lost in native code, or end the work of other sessions.
    setImmediate(() => {
      throw unowned;
    });
  }
}

/** Runs `work` for an owner that has crashed already. Returns whether it threw no further exception. */
export function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** A thrown value as an Error. */
export function thrown(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
