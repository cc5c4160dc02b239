/**
 * The tables of counts that an update has made anew, which know none of the sessions that live. Whoever updates hands
 * one set to all of a gateway's scopes, and then each live session to `Admission.restore`, all in one turn of the loop.
 */
export type FreshTables = Set<object>;
