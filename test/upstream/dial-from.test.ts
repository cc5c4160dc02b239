import { expect, it } from 'vitest';
import { DialSources } from '../../src/upstream/dial-sources.ts';
import type { Connected } from '../../src/upstream/target-dial.ts';
import { type Dialer, TargetDial } from '../../src/upstream/target-dial.ts';
import { dialContext } from './dial-fixture.ts';

const to = { address: '192.0.2.1', port: 80 };

/**
 * A dialer that records its connections, each of which fails as the test states for its source address.
 * `codes`: errno names by source address; `any` stands for none.
 */
function dialer(codes: Readonly<Record<string, string>>, addresses: readonly string[] = []) {
  const context = dialContext();
  const from: (string | undefined)[] = [];
  const scripted: Dialer<never> = {
    ...context,
    lookedUpBy: 'session',
    connect: (_, options) => {
      from.push(options.from);
      const code = codes[options.from ?? 'any'] ?? 'ECONNREFUSED';
      const reason = code === 'ECONNREFUSED' ? 'refused' : 'exhausted';
      const failed: Connected<never> = { ok: false, reason, error: Object.assign(new Error(code), { code }) };
      return { done: Promise.resolve(failed), cancel: () => {} };
    },
    drop: () => {},
  };
  const sources = new DialSources(addresses);
  const start = () => new TargetDial(scripted, to, 5_000, sources);
  const dial = async (): Promise<string> => {
    const dialed = await start().done;
    return dialed.ok ? 'ok' : dialed.reason;
  };
  return { from, exhausted: context.exhausted, start, dial };
}

it.each(['EADDRNOTAVAIL', 'EADDRINUSE', 'EAGAIN'])('%s from one address: the next is tried, once', async (code) => {
  const { from, dial } = dialer({ '10.0.0.1': code }, ['10.0.0.1', '10.0.0.2']);
  expect(await dial()).toBe('refused');
  expect(from).toEqual(['10.0.0.1', '10.0.0.2']);
  // Its turn is the second one's now; the first is passed over in the third dial.
  expect([await dial(), await dial()]).toEqual(['refused', 'refused']);
  expect(from.slice(2)).toEqual(['10.0.0.2', '10.0.0.2']);
});

it("a failure that is no shortage of ports is the dial's outcome", async () => {
  const { from, dial } = dialer({}, ['10.0.0.1', '10.0.0.2']);
  expect([await dial(), await dial()]).toEqual(['refused', 'refused']);
  expect(from).toEqual(['10.0.0.1', '10.0.0.2']);
});

it('where ports ran out a moment ago, a dial is exhausted without a try', async () => {
  const { from, exhausted, dial } = dialer({ any: 'EADDRNOTAVAIL' });
  expect([await dial(), await dial(), await dial()]).toEqual(['exhausted', 'exhausted', 'exhausted']);
  expect(from).toEqual([undefined]);
  exhausted.gotPort(to, undefined);
  expect(await dial()).toBe('exhausted');
  expect(from).toHaveLength(2);
});

it('a dial that is cancelled just when one address has no port is made from no other', async () => {
  const { from, start } = dialer({ '10.0.0.1': 'EADDRNOTAVAIL' }, ['10.0.0.1', '10.0.0.2']);
  const dial = start();
  dial.cancel();
  expect(await dial.done).toEqual({ ok: false, reason: 'cancelled' });
  expect(from).toEqual(['10.0.0.1']);
});

it('a lack of descriptors is no shortage of ports', async () => {
  const { from, dial } = dialer({ any: 'EMFILE' });
  expect([await dial(), await dial()]).toEqual(['exhausted', 'exhausted']);
  expect(from).toHaveLength(2);
});
