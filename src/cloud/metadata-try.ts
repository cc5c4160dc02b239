import { isIPv4 } from 'node:net';
import { type HttpAnswer, httpRequest } from './http-request.ts';

/** One try at the metadata service: a session token where the service has any, then requests. */
export interface MetadataTry {
  /** The machine's IPv4 address, or why there is none, as in `it answers 503`. */
  readonly local: AddressAnswer;
  /** Requests the public address once, for at most `timeout` milliseconds; `undefined` without one. */
  publicAddress(timeout: number): Promise<string | undefined>;
}

export type AddressAnswer =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly problem: string };

/** EC2's paths, which OpenStack serves, too. */
export const localPath = '/latest/meta-data/local-ipv4';
const publicPath = '/latest/meta-data/public-ipv4';
const tokenPath = '/latest/api/token';
/** Seconds: a try is over long before. */
const tokenLifetime = '60';

/**
 * Requests a token first (IMDSv2, see "Use the Instance Metadata Service" of Amazon's EC2 user guide), as AWS counts
 * requests without one. Without a token it goes on: OpenStack's service has none, and the token's packet does not reach
 * containers, which are one hop further.
 */
export async function tryMetadata(base: string, timeout: number, signal: AbortSignal): Promise<MetadataTry> {
  const deadline = performance.now() + timeout;
  const put = await httpRequest(new URL(tokenPath, base), {
    method: 'PUT',
    headers: { 'X-aws-ec2-metadata-token-ttl-seconds': tokenLifetime },
    timeout: timeout / 2,
    signal,
  });
  const token = tokenOf(put);
  const get = (path: string, left: number): Promise<HttpAnswer> =>
    httpRequest(new URL(path, base), {
      method: 'GET',
      headers: token === undefined ? {} : { 'X-aws-ec2-metadata-token': token },
      timeout: Math.max(1, left),
      signal,
    });
  const answer = await get(localPath, deadline - performance.now());
  const noToken = token === undefined ? `; the request for a token failed: ${whatCame(put)}` : '';
  return {
    local: addressOf(answer, answer.kind === 'answer' && answer.status === 401 ? noToken : ''),
    async publicAddress(left) {
      const found = addressOf(await get(publicPath, left), '');
      return found.ok ? found.address : undefined;
    },
  };
}

/** A token is printable ASCII, as a header takes it; another page is none. */
function tokenOf(answer: HttpAnswer): string | undefined {
  if (answer.kind !== 'answer' || answer.status !== 200) return undefined;
  const token = answer.body.trim();
  return /^[\x21-\x7e]+$/.test(token) ? token : undefined;
}

function addressOf(answer: HttpAnswer, more: string): AddressAnswer {
  if (answer.kind === 'failed' || answer.status !== 200) return { ok: false, problem: `${whatCame(answer)}${more}` };
  const address = answer.body.trim();
  if (isIPv4(address)) return { ok: true, address };
  return { ok: false, problem: `its answer is not an IPv4 address: ${JSON.stringify(answer.body.slice(0, 60))}` };
}

function whatCame(answer: HttpAnswer): string {
  if (answer.kind === 'failed') return answer.problem;
  return answer.status === 200 ? 'it answers something else' : `it answers ${answer.status}`;
}
