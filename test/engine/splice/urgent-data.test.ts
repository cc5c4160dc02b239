import { expect, it } from 'vitest';
import { EngineFixture } from '../../contract/engine-fixture.ts';
import { mib } from '../../contract/engine-under-test.ts';
import { digestOf, payload, until } from '../../contract/peer.ts';
import { libc, openEngine, rawClient } from './splice-fixture.ts';

const MSG_OOB = 1;

function sendUrgent(fd: number): void {
  const memory = libc.allocate(1);
  memory.bytes.write('!');
  expect(libc.send(fd, memory.address, 1, MSG_OOB)).toBe(1);
}

/** The urgent byte itself is not in the stream (tcp(7)): it is not passed on. */
async function sendAround(pipes: number, before: Buffer, after: Buffer): Promise<void> {
  const fixture = await EngineFixture.open(openEngine(libc, pipes));
  const { fd, peer: client } = rawClient(fixture.acceptor.local.port);
  const { target, relay } = await fixture.join(await fixture.legs.next());
  await client.send(before);
  sendUrgent(fd);
  await client.send(after);
  await target.has(before.length);
  await client.send('the end');
  const length = before.length + after.length + 7;
  await until(() => target.received >= length, 'all that was sent', 10_000);
  expect(target.digest()).toBe(digestOf(Buffer.concat([before, after, Buffer.from('the end')])));
  client.finish();
  expect(await target.ending).toBe('end');
  target.finish();
  expect(await relay.done).toBe('client closed');
}

it('urgent data does not stall a small stream', async () => {
  await sendAround(32, Buffer.from('before'), Buffer.from('after'));
});

it('urgent data does not stall a bulk stream that is copied', async () => {
  await sendAround(0, payload(2 * mib).data, payload(2 * mib).data);
});

it('urgent data does not stall a bulk stream that is spliced', async () => {
  await sendAround(32, payload(2 * mib).data, payload(2 * mib).data);
});

it('urgent data and a FIN behind it do not cut a spliced stream short', async () => {
  const fixture = await EngineFixture.open(openEngine());
  const { fd, peer: client } = rawClient(fixture.acceptor.local.port);
  const { target } = await fixture.join(await fixture.legs.next());
  const bulk = payload(2 * mib).data;
  await client.send(bulk);
  target.socket.pause();
  sendUrgent(fd);
  await client.send(bulk);
  client.finish();
  target.socket.resume();
  expect(await target.ending).toBe('end');
  expect(target.received).toBe(bulk.length * 2);
});
