/**
 * A name's lookup began to hang, or was answered in time again. At most one `hangs` a minute and name, and `answered`
 * only after such a one.
 */
export type LookupEvent =
  | {
      readonly kind: 'hangs';
      readonly name: string;
      /** Milliseconds since the answer that is used meanwhile; absent where there is none. */
      readonly age?: number;
    }
  | { readonly kind: 'answered'; readonly name: string };
