/**
 * One thing wrong with what the user gave us, and where. Problems are values: they are collected, shown all at
 * once and end the command with 2. `message` reads `Cannot X: what is, and what to do`, no full stop.
 */
export interface Problem {
  readonly place: Place;
  readonly message: string;
  /** What is missing, where the network may not be up yet: `this machine has no default route`. */
  readonly networkNotUp?: string;
}

/** Where a value came from. */
export type Place =
  /** `line` and `column` count from 1; `length` is the width of the caret line, in characters. */
  | {
      readonly kind: 'file';
      readonly file: string;
      readonly line: number;
      readonly column: number;
      readonly length: number;
      readonly sourceLine: string;
    }
  /** `name` as typed: `--subnet`, or the positional `8080=10.0.0.5:80`. */
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'environment'; readonly name: string }
  /** A default, or a fact of the machine. */
  | { readonly kind: 'default' };

/** A value, or everything that is wrong with what it was to be made from. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };
