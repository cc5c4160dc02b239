import { describe, expect, it } from 'vitest';
import type { RelayOptions } from '../../src/engine/engine.ts';
import { EngineFixture, longTimeouts } from './engine-fixture.ts';
import { type EngineUnderTest, mib } from './engine-under-test.ts';
import { LineHead } from './line-head.ts';
import { digestOf, type Peer, payload, unsent, until } from './peer.ts';

const text = 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n';
const prefix = Buffer.from(text);
const options: RelayOptions = { ...longTimeouts, prefix };

/** What a target is sent before the client's bytes. */
export function describePrefixes(engine: EngineUnderTest): void {
  const open = (waitingRoom = 8): Promise<EngineFixture> => EngineFixture.open(engine.create({ waitingRoom }));

  describe(`${engine.name}: prefixes`, () => {
    it('reaches a target at once, whose client waits for its first bytes', async () => {
      const { client, target, relay } = await (await open()).session(options);
      await target.has(text.length);
      expect(target.text).toBe(text);
      await target.send('220 ready');
      await client.has(9);
      expect(client.text).toBe('220 ready');
      expect([relay.bytesToTarget, relay.heldToTarget]).toEqual([0, 0]);
      await client.send('EHLO');
      await target.has(text.length + 4);
      expect(target.text).toBe(`${text}EHLO`);
      expect(relay.bytesToTarget).toBe(4);
    });

    it.each(['', 'question'])('comes before "%s" and the FIN that a client has sent before', async (question) => {
      const fixture = await open();
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      client.socket.end(question);
      await until(() => unsent(client.socket) === 0 && client.socket.writableFinished, 'the FIN to be acknowledged');
      const { target, relay } = await fixture.join(leg, options);
      expect(await target.ending).toBe('end');
      expect(target.text).toBe(text + question);
      expect(relay.bytesToTarget).toBe(question.length);
      target.socket.end('answer');
      expect(await client.ending).toBe('end');
      expect(client.text).toBe('answer');
      expect(await relay.done).toBe('client closed');
    });

    it('comes before 16 MiB each way, to the last byte, and is not counted', async () => {
      const { client, target, relay } = await (await open()).session(options);
      const [up, down] = [payload(16 * mib), payload(16 * mib)];
      const send = async (peer: Peer, data: Buffer): Promise<void> => {
        await peer.send(data);
        peer.finish();
      };
      await Promise.all([send(client, up.data), send(target, down.data)]);
      expect(await Promise.all([client.ending, target.ending])).toEqual(['end', 'end']);
      expect(client.digest()).toBe(down.digest);
      expect(target.digest()).toBe(digestOf(Buffer.concat([prefix, up.data])));
      await relay.done;
      expect([relay.bytesToTarget, relay.bytesToClient]).toEqual([16 * mib, 16 * mib]);
    });

    it('comes in one write with what lay behind the head', async () => {
      const fixture = await open();
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      const head = fixture.engine.head(leg, new LineHead());
      await client.send('head\nhello');
      expect(await head.done).toEqual({ ok: true, length: 5 });
      const { target, relay } = await fixture.join(leg, options);
      const first = await new Promise<Buffer>((resolve) => target.socket.once('data', resolve));
      expect(first.toString()).toBe(`${text}hello`);
      await client.send(' again');
      await target.has(text.length + 11);
      expect(target.text).toBe(`${text}hello again`);
      expect(relay.bytesToTarget).toBe(11);
    });

    it('comes before the 4 MiB that lay behind the head of a client that has finished', async () => {
      const fixture = await open();
      const [client, leg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      const { data } = payload(4 * mib);
      const head = fixture.engine.head(leg, new LineHead());
      const sent = client.send(Buffer.concat([Buffer.from('head\n'), data])).then(() => client.finish());
      expect(await head.done).toEqual({ ok: true, length: 5 });
      const { target, relay } = await fixture.join(leg, options);
      await sent;
      expect(await target.ending).toBe('end');
      expect(target.digest()).toBe(digestOf(Buffer.concat([prefix, data])));
      expect(relay.bytesToTarget).toBe(data.length);
    });

    it.each(['before the relay', 'once it has come'] as const)('goes to a target that resets %s', async (when) => {
      const fixture = await open();
      const [client, clientLeg] = await Promise.all([fixture.connect(), fixture.legs.next()]);
      const [target, dialed] = await Promise.all([fixture.target.peers.next(), fixture.dial()]);
      if (!dialed.ok) throw new Error(dialed.reason);
      if (when === 'before the relay') {
        target.reset();
        await target.closed;
      }
      const relay = fixture.engine.relay(clientLeg, dialed.leg, options);
      if (when === 'once it has come') {
        await target.has(text.length);
        target.reset();
      }
      expect(await client.ending).toBe('reset');
      expect(await relay.done).toBe('target reset');
      expect(relay.bytesToTarget).toBe(0);
    });

    it('does not keep a reset of the client from the target', async () => {
      const { client, target, relay } = await (await open()).session(options);
      await target.has(text.length);
      client.reset();
      expect(await target.ending).toBe('reset');
      expect(await relay.done).toBe('client reset');
    });
  });
}
