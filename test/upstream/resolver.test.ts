import { expect, it } from 'vitest';
import { type Lookup, Resolver } from '../../src/upstream/resolver.ts';

/** A lookup that answers when the test says so. */
function heldLookup(): { asked: string[]; answer: (...addresses: string[]) => void; lookup: Lookup } {
  const asked: string[] = [];
  let answer: (...addresses: string[]) => void = () => {};
  const lookup: Lookup = (host) => {
    asked.push(host);
    return new Promise((resolve) => {
      answer = (...addresses) => resolve(addresses.map((address) => ({ address })));
    });
  };
  return { asked, answer: (...addresses) => answer(...addresses), lookup };
}

it('has one lookup in flight per name, whose answer all who asked get', async () => {
  const { asked, answer, lookup } = heldLookup();
  const resolver = new Resolver(lookup);
  const all = [resolver.resolve('a.test'), resolver.resolve('a.test'), resolver.resolve('a.test')];
  expect(asked).toEqual(['a.test']);
  answer('127.0.0.2', '127.0.0.1');
  for (const resolved of await Promise.all(all)) {
    expect(resolved).toEqual({ ok: true, addresses: ['127.0.0.2', '127.0.0.1'] });
  }
});

it('looks a name up again once it has been answered', async () => {
  const answers = ['127.0.0.1', '127.0.0.2'];
  const resolver = new Resolver(() => Promise.resolve([{ address: answers.shift() ?? '' }]));
  expect(await resolver.resolve('a.test')).toEqual({ ok: true, addresses: ['127.0.0.1'] });
  expect(await resolver.resolve('a.test')).toEqual({ ok: true, addresses: ['127.0.0.2'] });
});

it('looks different names up at the same time', () => {
  const { asked, lookup } = heldLookup();
  const resolver = new Resolver(lookup);
  void resolver.resolve('a.test');
  void resolver.resolve('b.test');
  expect(asked).toEqual(['a.test', 'b.test']);
});

it('gives a failure as a value to all who asked, and asks anew after it', async () => {
  let asked = 0;
  const resolver = new Resolver(async () => {
    asked += 1;
    if (asked === 1) throw new Error('EAI_AGAIN');
    return [{ address: '127.0.0.1' }];
  });
  const both = await Promise.all([resolver.resolve('a.test'), resolver.resolve('a.test')]);
  for (const resolved of both) expect(resolved).toMatchObject({ ok: false, error: { message: 'EAI_AGAIN' } });
  expect(await resolver.resolve('a.test')).toEqual({ ok: true, addresses: ['127.0.0.1'] });
});

it('makes an error of whatever a lookup throws', async () => {
  const resolver = new Resolver(() => Promise.reject('a mere text'));
  expect(await resolver.resolve('a.test')).toMatchObject({ ok: false, error: new Error('a mere text') });
});

it('asks the system by itself', async () => {
  const resolved = await new Resolver().resolve('localhost');
  expect(resolved.ok && resolved.addresses.every((address) => ['127.0.0.1', '::1'].includes(address))).toBe(true);
});
