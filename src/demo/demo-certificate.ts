import { type SelfSigned, selfSigned } from '../base/self-signed.ts';

/** Milliseconds. */
const lifetime = 7 * 86_400_000;

/** Makes a self-signed certificate on the spot, for 127.0.0.1 and localhost. Nothing is kept or trusted. */
export function makeDemoCertificate(): SelfSigned {
  return selfSigned({ name: 'floatgate demo', hosts: ['localhost', '127.0.0.1'], lifetime });
}
