/**
 * An error that a person is meant to read: `Cannot X: what is, and what to do`, no full stop.
 * `code` is stable and may be matched on; the message may not.
 */
export class FloatgateError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'FloatgateError';
    this.code = code;
  }
}

/** The errno name of a Node system error (`ECONNREFUSED`), or `undefined` for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
