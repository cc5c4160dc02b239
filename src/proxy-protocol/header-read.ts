import type { ProxyHeader } from './proxy-header.ts';

/** What the first bytes of a connection are, taken as a PROXY header. */
export type HeaderRead =
  /** The start of a header. */
  | { readonly kind: 'more' }
  /** No header, whatever follows. `why` is one of our own sentences, and holds nothing that the peer has sent. */
  | { readonly kind: 'malformed'; readonly why: string }
  /** A header of `length` bytes; what is behind it is the connection's own. */
  | { readonly kind: 'complete'; readonly length: number; readonly header: ProxyHeader };

export const more: HeaderRead = { kind: 'more' };

export function malformed(why: string): HeaderRead {
  return { kind: 'malformed', why };
}
