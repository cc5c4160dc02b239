/** Who an exception of its own code ends, and nobody else: a relay, a dial, the reading of a head. */
export interface Crashable {
  /** An exception came out of its code, which is a bug: it ends, and says so to whoever waits for its outcome. */
  crashed(error: unknown): void;
}

/** Ends `owner`. What has no session to end, or comes out of ending it, is the process's. Does not throw. */
export function crash(owner: Crashable, error: unknown): void {
  try {
    owner.crashed(error);
  } catch (unowned) {
    reportBug(unowned);
  }
}

/** An uncaught exception. Thrown on the spot it would be lost in C++, or take the work of others along. */
export function reportBug(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

/** For the end of what has crashed: it is said already why. Whether `work` went through without another exception. */
export function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** What was thrown, as an Error. */
export function thrown(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
