import { describe, expect, it } from 'vitest';
import { endProcess, type GatewayProcess } from '../helpers/gateway-process.ts';
import { echo, freeBase, type LoopbackHosts, openHosts } from '../helpers/loopback-hosts.ts';
import { ask, type Client, isRefused, openClient } from '../helpers/tcp-client.ts';
import { slack, until, within } from '../helpers/until.ts';
import { start, up } from './floatgate.ts';

/** A gateway with one open session. */
interface RunningSession {
  readonly gateway: GatewayProcess;
  readonly client: Client;
  readonly port: number;
}

async function withSession(hosts: LoopbackHosts, ...more: readonly string[]): Promise<RunningSession> {
  const port = (await freeBase([16])) + 16;
  const gateway = start(up({ echo: `${port - 16}:${hosts.port}` }, '--hosts', '16', ...more));
  await gateway.ready();
  const client = await openClient(port);
  await client.echoes('before');
  return { gateway, client, port };
}

const refusesNewClients = (port: number) => until('new clients refused', () => isRefused(port));

describe('the end of a gateway', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: new clients are refused, a session may finish, then it ends with 0',
    async (signal) => {
      await using hosts = await openHosts([16], echo);
      const { gateway, client, port } = await withSession(hosts, '--drain-timeout', '60s');
      gateway.child.kill(signal);
      await refusesNewClients(port);
      await client.echoes('still here');
      client.socket.end();
      expect((await client.finished()).error).toBeNull();
      expect(await within('the end', gateway.exit)).toEqual({ code: 0, signal: null });
      await gateway.logged({ reason: 'client closed', bytesToTarget: 'beforestill here'.length });
      expect(gateway.stray).toEqual([]);
    },
  );

  it('closes what is left after --drain-timeout, and logs it', async () => {
    await using hosts = await openHosts([16], echo);
    const { gateway, client } = await withSession(hosts, '--drain-timeout', '300ms');
    const started = performance.now();
    const exit = await endProcess(gateway);
    expect(performance.now() - started).toBeLessThan(300 + slack);
    expect(exit).toEqual({ code: 0, signal: null });
    await client.finished();
    await gateway.logged({ reason: 'drained' });
    await until('the end of the session at the target', () => hosts.open.size === 0);
  });

  it('a second signal, 500 ms or more after the first, ends it at once', async () => {
    await using hosts = await openHosts([16], echo);
    const { gateway, client, port } = await withSession(hosts, '--drain-timeout', '60s');
    const first = performance.now();
    gateway.child.kill('SIGTERM');
    await refusesNewClients(port);
    await until('half a second later', () => performance.now() - first > 600);
    await client.echoes('still here');
    const second = performance.now();
    await endProcess(gateway, 'SIGTERM');
    expect(performance.now() - second).toBeLessThan(slack);
    await client.finished();
    await until('the end of the session at the target', () => hosts.open.size === 0);
    expect(gateway.stray).toEqual([]);
  });

  it('two signals at once (one Ctrl-C can arrive twice through npm) do not force', async () => {
    await using hosts = await openHosts([16], echo);
    const { gateway, client, port } = await withSession(hosts, '--drain-timeout', '60s');
    const first = performance.now();
    // Two of the same kind may arrive as one: signals do not queue (signal(7)).
    gateway.child.kill('SIGINT');
    gateway.child.kill('SIGTERM');
    await refusesNewClients(port);
    await until('more than half a second later', () => performance.now() - first > 1_000);
    await client.echoes('still here');
    client.socket.end();
    expect(await within('the end', gateway.exit)).toEqual({ code: 0, signal: null });
  });

  it('starts again on the same ports right after SIGKILL', async () => {
    await using hosts = await openHosts([16], echo);
    const { gateway, client, port } = await withSession(hosts);
    expect(await endProcess(gateway, 'SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    await client.finished();
    const next = start(up({ echo: `${port - 16}:${hosts.port}` }, '--hosts', '16'));
    await next.ready();
    expect(await ask(port, 'again')).toEqual({ received: 'again', error: null });
    expect(await endProcess(next)).toEqual({ code: 0, signal: null });
  });
});
