import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineFixture } from './engine-fixture.ts';
import { type EngineUnderTest, mib } from './engine-under-test.ts';
import { type Peer, payload, unsent, until } from './peer.ts';

/** What arrives, and how much is held. */
export function describeBytes(engine: EngineUnderTest): void {
  const open = (waitingRoom = 8): Promise<EngineFixture> => EngineFixture.open(engine.create({ waitingRoom }));

  describe(`${engine.name}: bytes`, () => {
    it('delivers 64 MiB each way at once, to the last byte', async () => {
      const { client, target, relay } = await (await open()).session();
      const up = payload(64 * mib);
      const down = payload(64 * mib);
      const send = async (peer: Peer, data: Buffer): Promise<void> => {
        await peer.send(data);
        peer.finish();
      };
      await Promise.all([send(client, up.data), send(target, down.data)]);
      expect(await Promise.all([client.ending, target.ending])).toEqual(['end', 'end']);
      expect([target.digest(), client.digest()]).toEqual([up.digest, down.digest]);
      expect(['client closed', 'target closed']).toContain(await relay.done);
      expect([relay.bytesToTarget, relay.bytesToClient]).toEqual([64 * mib, 64 * mib]);
      expect([relay.heldToTarget, relay.heldToClient]).toEqual([0, 0]);
    });

    it('carries single bytes to and fro', async () => {
      const { client, target, relay } = await (await open()).session();
      target.socket.on('data', (chunk) => target.socket.write(chunk));
      for (let round = 1; round <= 500; round++) {
        client.socket.write('x');
        await client.has(round);
      }
      client.finish();
      expect(await target.ending).toBe('end');
      target.finish();
      expect(await client.ending).toBe('end');
      expect(await relay.done).toBe('client closed');
      expect([relay.bytesToTarget, relay.bytesToClient]).toEqual([500, 500]);
    });

    it.each(['client', 'target'] as const)(
      'passes a half-close of the %s on, and all that comes the other way after it',
      async (first) => {
        const { client, target, relay } = await (await open()).session();
        const [one, other] = first === 'client' ? [client, target] : [target, client];
        const question = payload(300_000);
        const answered = payload(8 * mib);
        await one.send(question.data);
        one.finish();
        expect(await other.ending).toBe('end');
        expect(other.digest()).toBe(question.digest);
        expect(relay.state).toBe('half-closed');
        await other.send(answered.data);
        other.finish();
        expect(await one.ending).toBe('end');
        expect(one.digest()).toBe(answered.digest);
        expect(await relay.done).toBe(`${first} closed`);
      },
    );

    it.each(['target', 'client'] as const)(
      'holds a bounded number of bytes for a %s that does not read',
      async (slow) => {
        const { client, target, relay } = await (await open()).session();
        const [sender, reader] = slow === 'target' ? [client, target] : [target, client];
        const held = (): number => (slow === 'target' ? relay.heldToTarget : relay.heldToClient);
        const moved = (): number => (slow === 'target' ? relay.bytesToTarget : relay.bytesToClient);
        reader.socket.pause();
        const sent = payload(64 * mib);
        let highest = 0;
        const watch = setInterval(() => {
          highest = Math.max(highest, held());
        }, 1);
        onTestFinished(() => clearInterval(watch));
        const done = sender.send(sent.data);
        let last = -1;
        let quiet = 0;
        // Stuck: bytes are held, and a while has brought no more through.
        await until(() => {
          quiet = moved() === last && held() > 0 ? quiet + 1 : 0;
          last = moved();
          return quiet > 40;
        }, 'the session to be stuck');
        expect(held()).toBeGreaterThan(0);
        expect(moved()).toBeLessThan(64 * mib);
        reader.socket.resume();
        await done;
        sender.finish();
        expect(await reader.ending).toBe('end');
        expect(reader.digest()).toBe(sent.digest);
        expect(highest).toBeLessThanOrEqual(engine.heldLimit);
      },
    );

    it('delivers what a client sent and finished before the target was dialed', async () => {
      const fixture = await open();
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      const early = payload(1 * mib);
      const sent = client.send(early.data).then(() => client.finish());
      await until(
        () => unsent(client.socket) > 0 || client.socket.writableLength > 0 || client.socket.writableEnded,
        'bytes to leave',
      );
      const { target, relay } = await fixture.join(leg);
      await sent;
      expect(await target.ending).toBe('end');
      expect(target.digest()).toBe(early.digest);
      target.socket.end('bye');
      expect(await client.ending).toBe('end');
      expect(client.text).toBe('bye');
      expect(await relay.done).toBe('client closed');
    });

    it('takes a FIN that comes while dialing for a half-close', async () => {
      const fixture = await open();
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      client.socket.end('question');
      await until(() => unsent(client.socket) === 0, 'the FIN to be acknowledged');
      const { target } = await fixture.join(leg);
      expect(await target.ending).toBe('end');
      expect(target.text).toBe('question');
      target.socket.end('answer');
      expect(await client.ending).toBe('end');
      expect(client.text).toBe('answer');
    });
  });
}
