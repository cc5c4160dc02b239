/** A cloud's metadata service with the answers that a fault gives it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Endpoint } from '../../../bench/agents/endpoint.ts';
import { serve } from '../../../bench/process/serve.ts';

export interface MetadataService {
  /** Answers with `local` from now on; with `tokens: demanded`, only with the token that PUT has given out. */
  listen(params: {
    readonly at: Endpoint;
    readonly local: string;
    readonly tokens: 'demanded' | 'not known';
  }): Promise<null>;
  /** Another local address. */
  answer(params: { readonly local: string }): Promise<null>;
}

const token = 'AQAEAPdXfQ==';
let local = '';

serve<MetadataService>({
  async listen({ at, tokens, ...first }) {
    local = first.local;
    const server = createServer(({ method, url, headers }, response) => {
      const say = (status: number, body = ''): void => void response.writeHead(status).end(body);
      if (method === 'PUT') {
        const wantsToken = url === '/latest/api/token' && headers['x-aws-ec2-metadata-token-ttl-seconds'] !== undefined;
        if (tokens === 'demanded') say(wantsToken ? 200 : 400, wantsToken ? token : '');
        else say(405);
      } else if (tokens === 'demanded' && headers['x-aws-ec2-metadata-token'] !== token) say(401);
      else if (url === '/latest/meta-data/local-ipv4') say(200, local);
      else say(404);
    });
    server.listen(at.port, at.host);
    await once(server, 'listening');
    return null;
  },
  async answer(params) {
    local = params.local;
    return null;
  },
});
