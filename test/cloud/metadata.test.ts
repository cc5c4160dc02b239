import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type LookUpOptions, lookUpLocalAddress } from '../../src/cloud/metadata.ts';
import { within } from '../helpers/until.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A metadata service on loopback; the real address is never asked. */
async function serviceAt(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function lookUp(baseUrl: string, options: Partial<LookUpOptions> = {}) {
  const lines: string[] = [];
  const signal = new AbortController().signal;
  const defaults = { timeout: 20_000, firstDelay: 1, signal, baseUrl };
  const done = lookUpLocalAddress({ ...defaults, onTry: (line) => lines.push(line), ...options });
  return { lines, done: within('the end of the lookup', done) };
}

it('reads the address at the path that the tutorial asks', async () => {
  const paths: (string | undefined)[] = [];
  const baseUrl = await serviceAt((request, response) => {
    paths.push(request.url);
    response.end('192.168.20.17\n');
  });
  const { done, lines } = lookUp(baseUrl);
  expect(await done).toEqual({ kind: 'found', address: '192.168.20.17' });
  expect(paths).toEqual(['/latest/meta-data/local-ipv4']);
  expect(lines).toEqual([]);
});

it('tries again until the service is up and answers an address, one line a try', async () => {
  const answers: readonly ((response: Parameters<RequestListener>[1]) => void)[] = [
    (response) => response.writeHead(503).end('not yet'),
    (response) => response.end('<html>a captive portal</html>'),
    (response) => response.end('x'.repeat(5_000)),
    (response) => response.destroy(),
    (response) => response.end('10.1.2.3'),
  ];
  let asked = 0;
  const baseUrl = await serviceAt((_, response) => answers[asked++]?.(response));
  const { done, lines } = lookUp(baseUrl);
  expect(await done).toEqual({ kind: 'found', address: '10.1.2.3' });
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^Cannot read this machine's address from http:.*: it answers 503; trying again in /);
  expect(lines[1]).toContain('not an IPv4 address: "<html>a captive portal</html>"');
  expect(lines[2]).toContain('too long');
});

it('gives up after the time-out with the way out', async () => {
  const baseUrl = await serviceAt((_, response) => response.writeHead(404).end());
  const { done, lines } = lookUp(baseUrl, { timeout: 60, firstDelay: 20 });
  const answer = await done;
  expect(answer).toMatchObject({ kind: 'gave up' });
  expect(answer.kind === 'gave up' && answer.message).toMatch(/it answers 404, and gave up after .*--subnet/);
  expect(answer.kind === 'gave up' && answer.tries).toBe(lines.length + 1);
});

it('does not wait for ever for one answer', async () => {
  let asked = 0;
  const baseUrl = await serviceAt((_, response) => {
    asked += 1;
    if (asked === 2) response.end('10.1.2.3');
  });
  const { done, lines } = lookUp(baseUrl, { tryTimeout: 50 });
  expect(await done).toEqual({ kind: 'found', address: '10.1.2.3' });
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
