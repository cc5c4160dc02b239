/** What came of looking a name up. */
export type Resolved =
  /** In the order to try them. */
  | { readonly ok: true; readonly addresses: readonly string[] }
  /**
   * - `lookup failed`: there was an answer, and it names no address
   * - `lookup timed out`: no name server answered in time
   * - `not asked`: other lookups that hang took all places until the time was over
   */
  | {
      readonly ok: false;
      readonly reason: 'lookup failed' | 'lookup timed out' | 'not asked';
      readonly error: Error;
    };
