import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { DialSources } from '../../src/upstream/dial-sources.ts';
import { tcpProbe } from '../../src/upstream/tcp-probe.ts';
import { plannedTarget } from '../helpers/planned.ts';
import { dialContext } from './dial-fixture.ts';

it('takes turns among the addresses of the target family', () => {
  const sources = new DialSources(['10.0.0.1', 'fd00::1', '10.0.0.2', '10.0.0.3']);
  expect([1, 2, 3, 4].map(() => sources.order('192.0.2.1'))).toEqual([
    ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
    ['10.0.0.2', '10.0.0.3', '10.0.0.1'],
    ['10.0.0.3', '10.0.0.1', '10.0.0.2'],
    ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
  ]);
  expect(sources.order('2001:db8::1')).toEqual(['fd00::1']);
});

it('leaves it to the kernel where there is none of that family', () => {
  expect(new DialSources([]).order('192.0.2.1')).toEqual([undefined]);
  expect(new DialSources(['fd00::1']).order('192.0.2.1')).toEqual([undefined]);
});

it('active checks dial from them as sessions do', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((socket) => {
    seen.push(socket.remoteAddress);
    socket.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  const target = plannedTarget(typeof address === 'object' && address ? address.port : 0);
  const probe = tcpProbe(dialContext());
  const dialFrom = new DialSources(['127.0.0.5', '127.0.0.6']);
  for (let check = 0; check < 3; check += 1)
    expect(await probe(target, { timeout: 5_000, dialFrom }).done).toEqual({ ok: true });
  expect(seen).toEqual(['127.0.0.5', '127.0.0.6', '127.0.0.5']);
});
