/**
 * A change in a pool, reported once. `target out` and `target in` take turns for one target: it is out from the first
 * cause on, and in again when no cause is left; `cause` is what made the change. A pool is empty when checks have put
 * out all of its targets; that event comes after the one of the last target. A target that leaves the pool while it is
 * out has no further event, and is in when it comes back.
 */
export type PoolEvent =
  | {
      readonly kind: 'target out';
      readonly pool: string;
      /** `host:port`. */
      readonly target: string;
      readonly cause: 'dials' | 'checks';
      /** What the last dial or check met, for people. */
      readonly why: string;
    }
  | { readonly kind: 'target in'; readonly pool: string; readonly target: string; readonly cause: 'dials' | 'checks' }
  | { readonly kind: 'pool empty'; readonly pool: string }
  | { readonly kind: 'pool has targets again'; readonly pool: string };
