import { expect, it } from 'vitest';
import { isRefused } from '../helpers/tcp-client.ts';
import { within } from '../helpers/until.ts';
import { gatewayAddress, startWithSession } from './gateway-fixture.ts';

it('drains: refuses new clients, and lets a session finish', async () => {
  const { gateway, port, client, target, records } = await startWithSession();
  let drained = false;
  const draining = gateway.drain().then(() => {
    drained = true;
  });
  expect(await isRefused(port, gatewayAddress)).toBe(true);
  await client.send('y');
  await target.has(2);
  expect(drained).toBe(false);
  client.finish();
  expect(await target.ending).toBe('end');
  target.socket.end('last words');
  expect(await client.ending).toBe('end');
  expect(client.text).toBe('last words');
  await within('the end of the drain', draining);
  expect(records.size).toBe(1);
  expect((await records.next()).reason).toBe('client closed');
});

it('ends what still lives when the time to drain is over', async () => {
  const { gateway, client, target, records } = await startWithSession({ drain: { sessions: 100 } });
  const started = performance.now();
  await within('the end of the drain', gateway.drain());
  expect(performance.now() - started).toBeGreaterThanOrEqual(99);
  expect((await records.next()).reason).toBe('drained');
  expect(await Promise.all([client.ending, target.ending])).toEqual(['reset', 'reset']);
});

it('closes at once, with every session killed', async () => {
  const { gateway, port, client, target, records } = await startWithSession();
  await within('the end of the close', gateway.close());
  expect(records.size).toBe(1);
  expect((await records.next()).reason).toBe('killed');
  expect(await Promise.all([client.ending, target.ending])).toEqual(['reset', 'reset']);
  expect(gateway.sessions()).toEqual([]);
  expect(await isRefused(port, gatewayAddress)).toBe(true);
});

it('may be closed during a drain, which then ends too', async () => {
  const { gateway, client, records } = await startWithSession();
  const draining = gateway.drain();
  await within('the end of the close', gateway.close());
  await within('the end of the drain', draining);
  expect((await records.next()).reason).toBe('killed');
  expect(await client.ending).toBe('reset');
});

it('may be drained twice at once, and again when all is over', async () => {
  const { gateway, client, target, records } = await startWithSession();
  const both = Promise.all([gateway.drain(), gateway.drain()]);
  client.finish();
  target.finish();
  await within('the end of both drains', both);
  await within('the end of a third', gateway.drain());
  expect(records.size).toBe(1);
});

it('may be closed twice at once, and again when all is over', async () => {
  const { gateway, records } = await startWithSession();
  await within('the end of both closes', Promise.all([gateway.close(), gateway.close()]));
  await within('the end of a third, and of a drain', Promise.all([gateway.close(), gateway.drain()]));
  expect(records.size).toBe(1);
});
