import { expect, it } from 'vitest';
import { EINTR } from '../../../src/libc/constants.ts';
import { EngineFixture } from '../../contract/engine-fixture.ts';
import { LineHead, longestHead } from '../../contract/line-head.ts';
import { until } from '../../contract/peer.ts';
import { counted, libc, openEngine } from './splice-fixture.ts';

it('one read is enough for each fragment: no read without bytes', async () => {
  const { libc: counting, count } = counted();
  const fixture = await EngineFixture.open(openEngine(counting));
  const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
  const options = new LineHead();
  const head = fixture.engine.head(leg, options);
  for (let sent = 1; sent <= 20; sent++) {
    await client.send('x');
    await until(() => options.looked === sent, 'the byte to be looked at');
  }
  expect(count('recv')).toBe(20);
  await client.send('\n');
  expect(await head.done).toEqual({ ok: true, length: 21 });
  expect(count('recv')).toBe(21);
  fixture.engine.close(leg, 'rst');
});

it('reads on after an interrupted read', async () => {
  let calls = 0;
  const recv: typeof libc.recv = (...args) => {
    calls += 1;
    return calls === 1 ? EINTR : libc.recv(...args);
  };
  const fixture = await EngineFixture.open(openEngine({ ...libc, recv }));
  const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
  const head = fixture.engine.head(leg, new LineHead());
  await client.send('head\n');
  expect(await head.done).toEqual({ ok: true, length: 5 });
  fixture.engine.close(leg, 'rst');
});

it('leaves in the kernel what cannot be part of the head', async () => {
  const { libc: counting, count } = counted();
  const fixture = await EngineFixture.open(openEngine(counting));
  const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
  const head = fixture.engine.head(leg, new LineHead({ most: longestHead }));
  await client.send(Buffer.concat([Buffer.from('head\n'), Buffer.alloc(longestHead * 4)]));
  expect(await head.done).toEqual({ ok: true, length: 5 });
  expect(count('recv')).toBeLessThanOrEqual(1);
  const { target, relay } = await fixture.join(leg);
  await target.has(longestHead * 4);
  expect(relay.bytesToTarget).toBe(longestHead * 4);
});
