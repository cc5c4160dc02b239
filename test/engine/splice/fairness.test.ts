import { describe, expect, it } from 'vitest';
import { SpliceLeg } from '../../../src/engine/splice/splice-leg.ts';
import { EINTR } from '../../../src/libc/constants.ts';
import { EngineFixture, longTimeouts } from '../../contract/engine-fixture.ts';
import { mib } from '../../contract/engine-under-test.ts';
import { payload, until } from '../../contract/peer.ts';
import { counted, joinLegs, libc, openEngine } from './splice-fixture.ts';

describe('fairness', () => {
  it.each([
    ['spliced', 32],
    ['copied', 0],
  ])('a ping-pong goes on beside a flow at full speed that is %s', async (_, pipes) => {
    const fixture = await EngineFixture.open(openEngine(libc, pipes));
    const bulk = await fixture.session();
    // Hashing all of it would cost the test more than the flow costs the engine.
    bulk.target.socket.removeAllListeners('data').resume();
    const { client, target } = await fixture.session();
    target.socket.on('data', (chunk) => target.socket.write(chunk));
    const { data } = payload(8 * mib);
    const flow = { open: true };
    const flowing = (async () => {
      while (flow.open) await bulk.client.send(data);
    })();
    await until(() => bulk.relay.bytesToTarget > 0, 'the flow to begin');
    const before = bulk.relay.bytesToTarget;
    for (let round = 1; round <= 200; round += 1) {
      await client.send('x');
      await client.has(round);
    }
    expect(bulk.relay.bytesToTarget).toBeGreaterThan(before);
    flow.open = false;
    await flowing;
  });

  it('a direction gives way after 16 reads, and goes on by itself', async () => {
    const machine = { busy: false };
    const { libc: counting, count } = counted({
      ...libc,
      // A read that could go on and on.
      recv: (...values) => (machine.busy ? EINTR : libc.recv(...values)),
    });
    const { clientLeg, client, target } = await joinLegs(await EngineFixture.open(openEngine(counting)));
    if (!(clientLeg instanceof SpliceLeg)) throw new TypeError('a leg of another engine');
    machine.busy = true;
    const before = count('recv');
    clientLeg.readable = true;
    clientLeg.reader?.pump();
    expect(count('recv') - before).toBe(16);
    const other = await joinLegs(await EngineFixture.open(openEngine()), longTimeouts);
    await other.client.send('others have their turn');
    await other.target.has(22);
    expect(count('recv') - before).toBeGreaterThan(16);
    machine.busy = false;
    await client.send('hello');
    await target.has(5);
    expect(target.text).toBe('hello');
  });
});
