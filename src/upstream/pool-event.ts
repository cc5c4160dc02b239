/**
 * A change in a pool, once each. `target out` and `target in` take turns for one target: it is out from the first cause
 * on, and in again when nothing keeps it out; `cause` is what made the change. A pool is empty when checks have put all
 * of its targets out; then the event comes after that of the last target.
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
