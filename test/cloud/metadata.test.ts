import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { localSubnet } from '../../src/cloud/local-subnet.ts';
import { type LookUpOptions, lookUpLocalAddress } from '../../src/cloud/metadata.ts';
import { within } from '../helpers/until.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const held = (address: string, prefix: number) => ({ interface: 'ens3', address, prefix, family: 4 as const });
const addresses = [held('192.168.20.17', 24), held('10.1.2.3', 20)];
/** What comes of 10.1.2.3. */
const found = {
  kind: 'found',
  address: '10.1.2.3',
  network: { kind: 'found', subnet: '10.1.0.0/20', how: '10.1.0.0/20 is the network of ens3, which holds 10.1.2.3' },
};
const localPath = '/latest/meta-data/local-ipv4';
const publicPath = '/latest/meta-data/public-ipv4';

/** A service as OpenStack has it: no tokens, and no public address. */
function plainService(answer: RequestListener): RequestListener {
  return (request, response) => {
    if (request.method === 'GET' && request.url === localPath) answer(request, response);
    else response.writeHead(404).end();
  };
}

/** A metadata service on loopback; nothing is sent to the real address. */
async function serviceAt(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function lookUp(baseUrl: string, options: Partial<LookUpOptions> = {}) {
  const lines: string[] = [];
  const signal = new AbortController().signal;
  const locate = (address: string) => localSubnet(address, addresses);
  const defaults = { timeout: 20_000, firstDelay: 1, signal, baseUrl, locate };
  const done = lookUpLocalAddress({ ...defaults, onTry: (line) => lines.push(line), ...options });
  return { lines, done: within('the end of the lookup', done) };
}

it('requests a token, then the addresses at the paths of EC2 and OpenStack', async () => {
  const requested: string[] = [];
  const baseUrl = await serviceAt((request, response) => {
    requested.push(`${request.method} ${request.url}`);
    plainService((_, local) => local.end('10.1.2.3\n'))(request, response);
  });
  const { done, lines } = lookUp(baseUrl);
  expect(await done).toEqual(found);
  expect(requested).toEqual(['PUT /latest/api/token', `GET ${localPath}`, `GET ${publicPath}`]);
  expect(lines).toEqual([]);
});

describe('IMDSv2', () => {
  const token = 'AQAEAexample==';
  /** Amazon's answers where tokens are demanded. */
  const demanding: RequestListener = (request, response) => {
    const { headers, method, url } = request;
    if (method === 'PUT' && url === '/latest/api/token') {
      if (headers['x-aws-ec2-metadata-token-ttl-seconds'] === undefined) response.writeHead(400).end();
      else response.end(token);
    } else if (headers['x-aws-ec2-metadata-token'] !== token) response.writeHead(401).end();
    else response.end(url === localPath ? '10.1.2.3' : '198.51.100.7');
  };

  it('works where it is demanded, for the public address, too', async () => {
    const { done, lines } = lookUp(await serviceAt(demanding));
    expect(await done).toEqual({ ...found, publicAddress: '198.51.100.7' });
    expect(lines).toEqual([]);
  });

  it.each([404, 405, 400, 403, 501])('goes on without a token where PUT gets %i', async (status) => {
    const baseUrl = await serviceAt((request, response) => {
      if (request.method === 'PUT') response.writeHead(status).end();
      else plainService((_, local) => local.end('10.1.2.3'))(request, response);
    });
    expect(await lookUp(baseUrl).done).toEqual(found);
  });

  it.each([
    ['is reset', (response: Parameters<RequestListener>[1]) => response.destroy()],
    ['is never answered', () => undefined],
    ['gets a page', (response: Parameters<RequestListener>[1]) => response.end('<html>\r\nLocation: x</html>')],
  ])('goes on without a token where PUT %s', async (_, answer) => {
    const baseUrl = await serviceAt((request, response) => {
      if (request.method === 'PUT') answer(response);
      else plainService((_requested, local) => local.end('10.1.2.3'))(request, response);
    });
    expect(await lookUp(baseUrl, { tryTimeout: 500 }).done).toEqual(found);
  });

  it('reports the answer to the token request where the address needs a token', async () => {
    const baseUrl = await serviceAt((request, response) => {
      response.writeHead(request.method === 'PUT' ? 403 : 401).end();
    });
    const answer = await lookUp(baseUrl, { timeout: 2_000, firstDelay: 5_000 }).done;
    expect(answer.kind === 'gave up' && answer.message).toContain(
      'it answers 401; the request for a token failed: it answers 403, and gave up after 1 try',
    );
  });
});

it('refuses an address that this machine does not have, and reports why; facts are read anew for each', async () => {
  const answers = ['8.8.8.8', '127.0.0.1', '10.7.0.4', '10.7.0.4'];
  let requested = 0;
  const baseUrl = await serviceAt(plainService((_, response) => response.end(answers[requested++])));
  // 10.7.0.4 comes up between the two.
  const locate = (address: string) =>
    localSubnet(address, requested < 4 ? addresses : [...addresses, held('10.7.0.4', 20)]);
  const { done, lines } = lookUp(baseUrl, { locate });
  expect(await done).toMatchObject({ kind: 'found', address: '10.7.0.4', network: { subnet: '10.7.0.0/20' } });
  expect(lines.map((line) => /: (it answers .*); trying/.exec(line)?.[1])).toEqual([
    'it answers 8.8.8.8, but no interface of this machine holds 8.8.8.8',
    'it answers 127.0.0.1, but 127.0.0.1 is a loopback address',
    'it answers 10.7.0.4, but no interface of this machine holds 10.7.0.4',
  ]);
});

it.each(['', 'none', '127.0.0.1', '169.254.169.254', '0.0.0.0', '10.1.2.9'])(
  'takes %j for no public address',
  async (answer) => {
    const baseUrl = await serviceAt((request, response) =>
      response.end(request.url === localPath ? '10.1.2.3' : answer),
    );
    expect(await lookUp(baseUrl).done).toEqual(found);
  },
);

it('is not held up for long by a public address that never comes', async () => {
  const baseUrl = await serviceAt((request, response) => {
    if (request.url !== publicPath) response.end('10.1.2.3');
  });
  const started = performance.now();
  expect(await lookUp(baseUrl).done).toEqual(found);
  expect(performance.now() - started).toBeLessThan(30_000);
});

it('tries again until the service is up and answers an address, one line a try', async () => {
  const answers: readonly ((response: Parameters<RequestListener>[1]) => void)[] = [
    (response) => response.writeHead(503).end('not yet'),
    (response) => response.end('<html>a captive portal</html>'),
    (response) => response.end('x'.repeat(5_000)),
    (response) => response.destroy(),
    (response) => response.end('10.1.2.3'),
  ];
  let requested = 0;
  const baseUrl = await serviceAt(plainService((_, response) => answers[requested++]?.(response)));
  const { done, lines } = lookUp(baseUrl);
  expect(await done).toEqual(found);
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^Cannot read this machine's address from http:.*: it answers 503; trying again in /);
  expect(lines[1]).toContain('not an IPv4 address: "<html>a captive portal</html>"');
  expect(lines[2]).toContain('too long');
});

it('gives up after the time-out with the way out', async () => {
  const baseUrl = await serviceAt((_, response) => response.writeHead(404).end());
  const { done, lines } = lookUp(baseUrl, { timeout: 2_000, firstDelay: 20 });
  const answer = await done;
  expect(answer).toMatchObject({ kind: 'gave up' });
  expect(answer.kind === 'gave up' && answer.message).toMatch(/it answers 404, and gave up after .*--subnet/);
  expect(answer.kind === 'gave up' && answer.tries).toBe(lines.length + 1);
});

it('does not wait for ever for one answer', async () => {
  let requested = 0;
  const silentOnce = plainService((_, response) => {
    requested += 1;
    if (requested === 2) response.end('10.1.2.3');
  });
  const { done, lines } = lookUp(await serviceAt(silentOnce), { tryTimeout: 500 });
  expect(await done).toEqual(found);
  expect(lines[0]).toContain('no answer in time');
});

it('ends at once when it is aborted, in the middle of a try and between two', async () => {
  const duringTry = new AbortController();
  const silent = await serviceAt(() => duringTry.abort());
  expect(await lookUp(silent, { signal: duringTry.signal }).done).toEqual({ kind: 'aborted' });

  const between = new AbortController();
  const failing = await serviceAt((_, response) => response.writeHead(500).end());
  const onTry = () => between.abort();
  expect(await lookUp(failing, { signal: between.signal, firstDelay: 10_000, onTry }).done).toEqual({
    kind: 'aborted',
  });
});
