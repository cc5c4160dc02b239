import { describe, expect, it } from 'vitest';
import { echo, freeBase, freeBases, type LoopbackHosts, openHosts } from '../helpers/loopback-hosts.ts';
import { type Client, openClient } from '../helpers/tcp-client.ts';
import { until, within } from '../helpers/until.ts';
import { serving, start, testedEngine, up } from './floatgate.ts';

const limit = 20;
const limits = ['--sessions', `${limit}`, '--per-listener', `${limit}`, '--hosts', '16'];

/** As many sessions as the limit allows, every one proven alive. */
async function fill(port: number): Promise<[Client, ...Client[]]> {
  const clients: Client[] = [];
  for (let count = 0; count < limit; count += 1) {
    const client = await openClient(port);
    await client.echoes(`client ${count}`);
    clients.push(client);
  }
  return clients as [Client, ...Client[]];
}

function leave(...clients: readonly Client[]): void {
  for (const client of clients) client.socket.destroy();
}

/** Enough turns of the gateway's loop to see all that came before. */
async function gatewayHasLooked(witness: Client): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await witness.echoes(`turn ${turn}`);
}

const seenByTarget = (hosts: LoopbackHosts, count: number) =>
  until(`${count} connections at the target`, () => hosts.accepted === count);

/**
 * The descriptors that a waiting client costs the gateway. The stream engine accepts it into its waiting room; with the
 * splice engine it stays in the kernel's queue. Clients see no difference.
 */
const waiterCosts = () => ({ stream: 1, splice: 0 })[testedEngine()];

describe('the session limit', () => {
  it('makes one more wait, and serves it when another leaves', async () => {
    await using hosts = await openHosts([16], echo);
    const base = await freeBase([16]);
    await serving(up({ echo: `${base}:${hosts.port}` }, ...limits), async (gateway) => {
      const empty = await gateway.descriptors();
      const [first, ...others] = await fill(base + 16);
      const full = await gateway.descriptors();
      expect(full).toBe(empty + 2 * limit);
      const waiting = await openClient(base + 16);
      waiting.socket.write('let me in');
      await gatewayHasLooked(first);
      expect(hosts.accepted).toBe(limit);
      expect(waiting.received()).toBe('');
      expect(await gateway.descriptors()).toBe(full + waiterCosts());
      leave(first);
      await until('the echo of the one that waited', () => waiting.received() === 'let me in');
      expect(hosts.accepted).toBe(limit + 1);
      for (const other of others) await other.echoes('still here');
      leave(waiting, ...others);
    });
  });

  it.each([
    ['with a reset', (client: Client) => client.socket.resetAndDestroy()],
    ['without a word', (client: Client) => client.socket.destroy()],
  ])('never dials for one that left %s while it waited', async (_, go) => {
    await using hosts = await openHosts([16], echo);
    const base = await freeBase([16]);
    await serving(up({ echo: `${base}:${hosts.port}` }, ...limits), async () => {
      const [first, second, ...others] = (await fill(base + 16)) as [Client, Client, ...Client[]];
      const leaver = await openClient(base + 16);
      const stayer = await openClient(base + 16);
      await gatewayHasLooked(second);
      go(leaver);
      await gatewayHasLooked(second);
      leave(first);
      await stayer.echoes('my turn');
      leave(second);
      // There is room for one more, and no client waits: a new one is dialed at once, the next that the target sees.
      const next = await openClient(base + 16);
      await next.echoes('and mine');
      await seenByTarget(hosts, limit + 2);
      leave(stayer, next, ...others);
    });
  });

  it('lets a full listener wait alone', async () => {
    await using hosts = await openHosts([16], echo);
    const [a, b] = (await freeBases([16], 2)) as [number, number];
    const services = { full: `${a}:${hosts.port}`, free: `${b}:${hosts.port}` };
    await serving(up(services, '--sessions', '20', '--per-listener', '2', '--hosts', '16'), async () => {
      const inside = [await openClient(a + 16), await openClient(a + 16)] as const;
      for (const client of inside) await client.echoes('inside');
      const waiting = await openClient(a + 16);
      waiting.socket.write('let me in');
      const other = await openClient(b + 16);
      await other.echoes('the other listener');
      await gatewayHasLooked(other);
      expect(waiting.received()).toBe('');
      leave(inside[0]);
      await until('the echo of the one that waited', () => waiting.received() === 'let me in');
      leave(waiting, other, inside[1]);
    });
  });

  it('resets waiting clients when the gateway stops, and lets sessions finish', async () => {
    await using hosts = await openHosts([16], echo);
    const base = await freeBase([16]);
    const gateway = start(up({ echo: `${base}:${hosts.port}` }, ...limits, '--drain-timeout', '60s'));
    await gateway.ready();
    const clients = await fill(base + 16);
    const waiting = await openClient(base + 16);
    waiting.socket.write('let me in');
    await gatewayHasLooked(clients[0]);
    gateway.child.kill('SIGTERM');
    expect(await waiting.finished()).toEqual({ received: '', error: 'ECONNRESET' });
    for (const client of clients) await client.echoes('still here');
    leave(...clients);
    expect(await within('the end', gateway.exit)).toEqual({ code: 0, signal: null });
    expect(hosts.accepted).toBe(limit);
  });
});
