import { expect, it } from 'vitest';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { StreamLeg } from '../../../src/engine/stream/stream-leg.ts';
import { EngineFixture, longTimeouts } from '../../contract/engine-fixture.ts';
import { mib } from '../../contract/engine-under-test.ts';
import { digestOf, payload } from '../../contract/peer.ts';

const prefix = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');

it.each([0, 5])(
  'holds the rest where a target takes %i bytes of what comes first, and delivers it in order',
  async (taken) => {
    const fixture = await EngineFixture.open(new StreamEngine({ waitingRoom: 1 }));
    const [client, clientLeg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
    const [target, dialed] = await Promise.all([fixture.target.peers.next(), fixture.dial()]);
    if (!dialed.ok || !(dialed.leg instanceof StreamLeg)) throw new Error('no leg of this engine');
    const { leg } = dialed;
    const writeNow = leg.writeNow.bind(leg);
    leg.writeNow = (buffer) => {
      leg.writeNow = writeNow;
      return taken === 0 ? 0 : writeNow(buffer, taken);
    };
    const relay = fixture.engine.relay(clientLeg, leg, { ...longTimeouts, prefix });
    const { data } = payload(4 * mib);
    await client.send(data);
    client.finish();
    expect(await target.ending).toBe('end');
    expect(target.digest()).toBe(digestOf(Buffer.concat([prefix, data])));
    expect([relay.bytesToTarget, relay.heldToTarget]).toEqual([data.length, 0]);
    relay.kill('killed');
  },
);
