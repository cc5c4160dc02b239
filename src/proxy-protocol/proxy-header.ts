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
