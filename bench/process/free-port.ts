import { reservePort } from '../../test/helpers/free-ports.ts';
import type { Endpoint } from '../agents/endpoint.ts';

/** A free port on 127.0.0.1 that no earlier caller had: no connection of an earlier one lingers there. */
export async function freeEndpoint(): Promise<Endpoint> {
  return { host: '127.0.0.1', port: await reservePort() };
}
