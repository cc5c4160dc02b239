import { expect, it } from 'vitest';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import { EngineFixture } from '../../contract/engine-fixture.ts';

it.each([
  ['client', 'auto'],
  ['target', 'auto'],
  ['client', 'public'],
  ['target', 'public'],
] as const)('survives that both ends reset in one turn, the %s first (reads: %s)', async (first, reads) => {
  const fixture = await EngineFixture.open(new StreamEngine({ waitingRoom: 1, reads }));
  for (let round = 0; round < 20; round++) {
    const { client, target, relay } = await fixture.session();
    await Promise.all([client.send('x'), target.send('y')]);
    await Promise.all([client.has(1), target.has(1)]);
    const [one, other] = first === 'client' ? [client, target] : [target, client];
    one.reset();
    other.reset();
    expect(await relay.done).toMatch(/^(client|target) reset$/);
  }
});
