import { expect, it } from 'vitest';
import { parseIp } from '../../src/base/ip.ts';
import { readProxyHeader } from '../../src/proxy-protocol/read-proxy-header.ts';
import { writeLocalHeader, writeProxyHeader } from '../../src/proxy-protocol/write-proxy-header.ts';
import { connectPeer, type Peer, payload, TargetServer } from '../contract/peer.ts';
import { longTimeouts, plannedTarget } from '../helpers/planned.ts';
import { until } from '../helpers/until.ts';
import { gatewayAddress, startOne } from './gateway-fixture.ts';

const everybody = ['0.0.0.0/0'];

function endpoint(address: string, port: number) {
  return { ip: parseIp(address) ?? 0, port };
}

/** A client as the gateway sees it; only valid while the client is connected. */
function addressOf({ socket }: Peer): string {
  return `${socket.localAddress}:${socket.localPort}`;
}

const conveyed = endpoint('192.0.2.7', 4711);
const meant = endpoint('198.51.100.1', 443);
const versions = ['v1', 'v2'] as const;

/** The header that a target has got, and the text behind it. */
async function receivedBy(target: Peer, text: string): Promise<{ header: unknown; text: string }> {
  await until('the header and the text', () => target.text.endsWith(text) && target.received > text.length);
  const bytes = Buffer.from(target.text, 'latin1');
  const read = readProxyHeader(bytes);
  return read.kind === 'complete'
    ? { header: read.header, text: bytes.subarray(read.length).toString() }
    : { header: read, text: '' };
}

it('sends the address of the client to the target before its first byte', async () => {
  const server = await TargetServer.open();
  const one = await startOne([plannedTarget(server.port, { proxyProtocol: 'v1' })]);
  const client = await connectPeer(one.port, gatewayAddress);
  const target = await server.peers.next();
  const line = `PROXY TCP4 ${client.socket.localAddress} ${gatewayAddress} ${client.socket.localPort} ${one.port}\r\n`;
  await target.has(line.length);
  expect(target.text).toBe(line);
  await client.send('hello');
  await target.has(line.length + 5);
  expect(target.text).toBe(`${line}hello`);
  client.finish();
  target.finish();
  expect(await one.records.next()).toMatchObject({ reason: 'client closed', bytesToTarget: 5 });
});

it.each(versions)('reads a %s header that comes byte by byte, and passes on what follows', async (version) => {
  const server = await TargetServer.open();
  const one = await startOne([plannedTarget(server.port, { proxyProtocol: 'v1' })], { acceptProxyFrom: everybody });
  const client = await connectPeer(one.port, gatewayAddress);
  for (const byte of writeProxyHeader(version, conveyed, meant)) await client.send(Buffer.of(byte));
  await client.send('hello');
  const target = await server.peers.next();
  expect(await receivedBy(target, 'hello')).toEqual({
    header: { kind: 'proxied', source: conveyed, destination: meant },
    text: 'hello',
  });
  expect(one.gateway.sessions()).toMatchObject([{ client: '192.0.2.7:4711' }]);
  client.finish();
  target.finish();
  expect(await one.records.next()).toMatchObject({ client: '192.0.2.7:4711', bytesToTarget: 5 });
});

it.each(versions)('passes on 8 MiB that come right behind a %s header', async (version) => {
  const server = await TargetServer.open();
  const one = await startOne([plannedTarget(server.port)], { acceptProxyFrom: everybody });
  const { data, digest } = payload(8 * 1024 * 1024);
  const client = await connectPeer(one.port, gatewayAddress);
  const sent = client.send(Buffer.concat([writeProxyHeader(version, conveyed, meant), data]));
  const target = await server.peers.next();
  await Promise.all([sent, target.has(data.length)]);
  expect([target.received, target.digest()]).toEqual([data.length, digest]);
});

it.each(versions)('takes the own address of a client whose %s header is LOCAL', async (version) => {
  const server = await TargetServer.open();
  const one = await startOne([plannedTarget(server.port)], { acceptProxyFrom: everybody });
  const client = await connectPeer(one.port, gatewayAddress);
  await client.send(Buffer.concat([writeLocalHeader(version), Buffer.from('hello')]));
  const target = await server.peers.next();
  await target.has(5);
  expect(target.text).toBe('hello');
  expect(one.gateway.sessions()).toMatchObject([{ client: `127.0.0.1:${client.socket.localPort}` }]);
});

it('admits by the address in the header', async () => {
  const server = await TargetServer.open();
  const access = { allow: everybody, deny: ['192.0.2.0/24'] };
  const one = await startOne([plannedTarget(server.port)], { acceptProxyFrom: everybody, access });
  const client = await connectPeer(one.port, gatewayAddress);
  await client.send(writeProxyHeader('v2', conveyed, meant));
  expect(await client.ending).toBe('reset');
  expect(await one.records.next()).toMatchObject({ reason: 'denied', client: '192.0.2.7:4711' });
  expect(one.gateway.denials()).toEqual([{ rules: 'forward one', denial: 'address', clients: 1 }]);
  const other = await connectPeer(one.port, gatewayAddress);
  await other.send(writeProxyHeader('v2', endpoint('203.0.113.1', 1), meant));
  await server.peers.next();
});

it('does not look for a header where none is to come', async () => {
  const server = await TargetServer.open();
  const one = await startOne([plannedTarget(server.port)], { acceptProxyFrom: ['192.0.2.0/24'] });
  const header = writeProxyHeader('v1', conveyed, meant);
  const client = await connectPeer(one.port, gatewayAddress);
  await client.send(header);
  const target = await server.peers.next();
  await target.has(header.length);
  expect(target.text).toBe(header.toString());
});

it.each([
  ['another protocol', 'GET / HTTP/1.1\r\n', 'bad header'],
  ['a header that ends in LF alone', 'PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n', 'bad header'],
])('ends the session of %s, and forwards nothing', async (_, text, reason) => {
  const server = await TargetServer.open();
  const one = await startOne([plannedTarget(server.port)], { acceptProxyFrom: everybody });
  const client = await connectPeer(one.port, gatewayAddress);
  const address = addressOf(client);
  await client.send(text);
  expect(await client.ending).toBe('reset');
  const record = await one.records.next();
  expect(record).toMatchObject({ reason, bytesToTarget: 0, client: address });
  expect(record.error?.message).toMatch(/^Cannot read the PROXY header: /);
  expect(server.peers.size).toBe(0);
});

it.each([
  ['never comes', ''],
  ['never ends', 'PROXY TCP4 192'],
])('gives up on a header that %s', async (_, text) => {
  const server = await TargetServer.open();
  const timeouts = { ...longTimeouts, proxyHeader: 150 };
  const one = await startOne([plannedTarget(server.port)], { acceptProxyFrom: everybody, timeouts });
  const client = await connectPeer(one.port, gatewayAddress);
  const address = addressOf(client);
  if (text !== '') await client.send(text);
  expect(await client.ending).toBe('reset');
  expect(await one.records.next()).toMatchObject({ reason: 'header timed out', client: address });
  expect(server.peers.size).toBe(0);
});

it('names a client that resets within its header', async () => {
  const server = await TargetServer.open();
  const one = await startOne([plannedTarget(server.port)], { acceptProxyFrom: everybody });
  const client = await connectPeer(one.port, gatewayAddress);
  const address = addressOf(client);
  await client.send('PROXY TCP4');
  await until('the session', () => one.gateway.sessions()[0]?.state === 'reading header');
  client.reset();
  expect(await one.records.next()).toMatchObject({ reason: 'client reset', client: address });
});

it('names a client that is denied behind a LOCAL header', async () => {
  const server = await TargetServer.open();
  const access = { allow: ['192.0.2.0/24'], deny: [] };
  const one = await startOne([plannedTarget(server.port)], { acceptProxyFrom: everybody, access });
  const client = await connectPeer(one.port, gatewayAddress);
  const address = addressOf(client);
  await client.send(writeLocalHeader('v2'));
  expect(await client.ending).toBe('reset');
  expect(await one.records.next()).toMatchObject({ reason: 'denied', client: address });
});

it('ends sessions that wait for a header with the gateway', async () => {
  const server = await TargetServer.open();
  const one = await startOne([plannedTarget(server.port)], { acceptProxyFrom: everybody });
  const client = await connectPeer(one.port, gatewayAddress);
  const address = addressOf(client);
  await until('the session', () => one.gateway.sessions()[0]?.state === 'reading header');
  await one.gateway.close();
  expect(await client.ending).toBe('reset');
  expect(await one.records.next()).toMatchObject({ reason: 'killed', client: address });
});

it('ends a session that is too old, however busy', async () => {
  const server = await TargetServer.open();
  const timeouts = { ...longTimeouts, maxAge: 300 };
  const one = await startOne([plannedTarget(server.port)], { timeouts });
  const client = await connectPeer(one.port, gatewayAddress);
  const target = await server.peers.next();
  const talk = (): void => {
    if (!client.socket.destroyed) client.socket.write('x', () => setImmediate(talk));
  };
  talk();
  expect(await target.ending).toBe('reset');
  expect(await one.records.next()).toMatchObject({ reason: 'expired' });
});
