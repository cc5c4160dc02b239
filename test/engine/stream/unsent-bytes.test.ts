import { expect, it } from 'vitest';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { StreamLeg } from '../../../src/engine/stream/stream-leg.ts';
import { findUnacknowledgedBytes } from '../../../src/libc/unacknowledged-bytes.ts';
import { EngineFixture } from '../../contract/engine-fixture.ts';
import { type Peer, until } from '../../contract/peer.ts';

const unacknowledged = await findUnacknowledgedBytes();
if (unacknowledged === null) throw new Error('koffi does not load');

/** A leg that has more to send than its peer, which does not read, lets it. */
async function stuckLeg(): Promise<{ leg: StreamLeg; peer: Peer }> {
  const fixture = await EngineFixture.open(new StreamEngine({ waitingRoom: 1, unacknowledged }));
  const [peer, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
  if (!(leg instanceof StreamLeg)) throw new Error('no leg of this engine');
  peer.socket.pause();
  leg.writeLater(Buffer.alloc(16 * 1024 * 1024), () => {});
  await until(() => leg.unsent() > 0, 'bytes to wait');
  return { leg, peer };
}

it('is nothing once the peer has read all', async () => {
  const { leg, peer } = await stuckLeg();
  peer.socket.resume();
  await until(() => leg.unsent() === 0, 'all to be acknowledged');
  leg.destroy();
});

it('is nothing once the peer has reset the connection, though the kernel goes on reporting what was left', async () => {
  const { leg, peer } = await stuckLeg();
  leg.pause();
  peer.reset();
  await until(() => leg.unsent() === 0, 'the reset to come');
  leg.destroy();
});

it('is nothing of a socket that is closed', async () => {
  const { leg } = await stuckLeg();
  leg.destroy();
  expect(leg.unsent()).toBe(0);
});
