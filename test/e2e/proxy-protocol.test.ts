import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reservePort } from '../helpers/free-ports.ts';
import { loopbackHost, nameHost, openHosts } from '../helpers/loopback-hosts.ts';
import { until, within } from '../helpers/until.ts';
import { floatgate, readableFolder, serving } from './floatgate.ts';
import { missingProxy, runHaproxy, runNginx } from './proxy-peer.ts';

const missing = missingProxy('haproxy', 'nginx');
const title = (text: string): string => (missing === undefined ? text : `${text} (skipped: ${missing})`);
const versions = ['v1', 'v2'] as const;

/** Where the client of a test comes from: all of 127.0.0.0/8 answers. */
const clientAddress = '127.0.8.9';

interface Answer {
  /** The port that the client had. */
  readonly port: number;
  readonly text: string;
}

/** Sends `words` from `clientAddress` and gives all that comes back. */
async function askFrom(to: number, words: string): Promise<Answer> {
  const socket = connect({ port: to, host: '127.0.0.1', localAddress: clientAddress });
  const answer = new Promise<Answer>((resolve, reject) => {
    let text = '';
    let port = 0;
    socket.on('connect', () => {
      port = socket.localPort ?? 0;
      socket.write(words);
    });
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.on('end', () => resolve({ port, text }));
    socket.on('error', reject);
  });
  try {
    return await within('an answer', answer);
  } finally {
    socket.destroy();
  }
}

const request = 'GET / HTTP/1.0\r\nHost: gateway\r\n\r\n';

describe.skipIf(missing !== undefined)(title('the PROXY protocol with other programs'), () => {
  it.each([
    ['v1', 'send-proxy'],
    ['v2', 'send-proxy-v2'],
    ['v2 with a checksum and TLVs', 'send-proxy-v2 proxy-v2-options crc32c,unique-id'],
  ])('takes the client from the %s header of HAProxy', async (_, option) => {
    await using hosts = await openHosts([16], nameHost);
    const own = await reservePort();
    const forward = `127.0.0.1:${own}=${loopbackHost(16)}:${hosts.port}`;
    await serving(floatgate('forward', forward, '--accept-proxy', '127.0.0.0/8'), async (gateway) => {
      const haproxy = await runHaproxy((port) => [
        'listen front',
        '  mode tcp',
        `  bind 127.0.0.1:${port}`,
        ...(option.includes('unique-id') ? ['  unique-id-format %{+X}o\\ %ci:%cp'] : []),
        `  server gateway 127.0.0.1:${own} ${option}`,
      ]);
      const { port, text } = await askFrom(haproxy.port, 'hello');
      expect(text).toBe('host 16\n');
      await gateway.logged({ client: `${clientAddress}:${port}` });
    });
  });

  it.each(versions)('names the client to HAProxy by %s', async (version) => {
    const from = '"from %[src]:%[src_port] to %[dst]:%[dst_port]"';
    const haproxy = await runHaproxy((port) => [
      'frontend back',
      '  mode http',
      `  bind 127.0.0.1:${port} accept-proxy`,
      `  http-request return status 200 content-type text/plain lf-string ${from}`,
    ]);
    const own = await reservePort();
    const forward = `127.0.0.1:${own}=127.0.0.1:${haproxy.port}`;
    await serving(floatgate('forward', forward, '--proxy-protocol', version), async () => {
      const { port, text } = await askFrom(own, request);
      expect(text).toContain(`from ${clientAddress}:${port} to 127.0.0.1:${own}`);
    });
  });

  it.each(versions)('names the client to nginx by %s', async (version) => {
    const nginx = await runNginx((port) => [
      `listen 127.0.0.1:${port} proxy_protocol;`,
      'default_type text/plain;',
      'return 200 "from $proxy_protocol_addr:$proxy_protocol_port";',
    ]);
    const own = await reservePort();
    const forward = `127.0.0.1:${own}=127.0.0.1:${nginx.port}`;
    await serving(floatgate('forward', forward, '--proxy-protocol', version), async () => {
      const { port, text } = await askFrom(own, request);
      expect(text).toContain(`from ${clientAddress}:${port}`);
    });
  });

  it.each(versions)('checks the health of HAProxy by %s without an error in its log', async (version) => {
    await using hosts = await openHosts([16], nameHost);
    const haproxy = await runHaproxy((port) => [
      'listen back',
      '  mode tcp',
      '  log stdout format raw local0',
      '  option tcplog',
      // Without a header, to see that it is up.
      `  bind 127.0.0.1:${port}`,
      `  bind 127.0.0.1:${port + 1} accept-proxy`,
      `  server host ${loopbackHost(16)}:${hosts.port}`,
    ]);
    const own = await reservePort();
    const before = haproxy.output().length;
    const config = join(await readableFolder(), 'gateway.yaml');
    const lines = [
      'forwards:',
      `  - listen: "127.0.0.1:${own}"`,
      `    to: "127.0.0.1:${haproxy.port + 1}"`,
      `    proxyProtocol: ${version}`,
      '    health: { interval: 100ms }',
    ];
    await writeFile(config, `${lines.join('\n')}\n`);
    await serving(floatgate('up', '--config', config), async () => {
      // To HAProxy a check is a connection, and a line of its own.
      await until('three checks', () => haproxy.output().slice(before).split('back/host').length > 3);
      expect((await askFrom(own, 'hello')).text).toBe('host 16\n');
    });
    expect(haproxy.output().slice(before)).not.toMatch(/PROXY|error/i);
  });
});
