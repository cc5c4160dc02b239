import type { Ip } from '../base/ip.ts';

/** What a PROXY header conveys (HAProxy's proxy-protocol.txt, of 2020/03/05). */
export type ProxyHeader =
  | { readonly kind: 'proxied'; readonly source: ProxyEndpoint; readonly destination: ProxyEndpoint }
  /** LOCAL (version 2), UNKNOWN (version 1), or no TCP over IPv4 or IPv6: the connection's own addresses hold. */
  | { readonly kind: 'local' };

export interface ProxyEndpoint {
  readonly ip: Ip;
  /** 0 to 65535. */
  readonly port: number;
}

/** What the first bytes of a connection are, read as a PROXY header. */
export type HeaderRead =
  /** The start of a header. */
  | { readonly kind: 'more' }
  /** No header, whatever follows. `why` is one of our own sentences, and holds nothing that the peer has sent. */
  | { readonly kind: 'malformed'; readonly why: string }
  /** A header of `length` bytes; the bytes behind it belong to the connection. */
  | { readonly kind: 'complete'; readonly length: number; readonly header: ProxyHeader };

export const more: HeaderRead = { kind: 'more' };

export function malformed(why: string): HeaderRead {
  return { kind: 'malformed', why };
}
