/** Where a load goes, or a target listens: an IPv4 loopback address and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}
