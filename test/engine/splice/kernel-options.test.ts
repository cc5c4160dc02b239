import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SpliceAcceptor } from '../../../src/engine/splice/splice-acceptor.ts';
import {
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  SOL_SOCKET,
  TCP_INFO,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
} from '../../../src/libc/constants.ts';
import { EngineFixture, longTimeouts } from '../../contract/engine-fixture.ts';
import { until } from '../../contract/peer.ts';
import { fdOf, joinLegs, openEngine, openSockets, option } from './splice-fixture.ts';

const TCP_USER_TIMEOUT = 18;
/** Where a listening socket's tcp_info has its backlog (tcpi_sacked, net/ipv4/tcp.c). */
const backlogAt = 28;

const acceptorFd = ({ acceptor }: EngineFixture): number => {
  if (!(acceptor instanceof SpliceAcceptor)) throw new TypeError('an acceptor of another engine');
  return acceptor.fd;
};

describe('kernel options of a leg', () => {
  it('is TCP_NODELAY from accept on, and on the dialed leg from the second write on', async () => {
    const { client, target, clientLeg, targetLeg } = await joinLegs(await EngineFixture.open(openEngine()));
    const noDelay = (): number[] =>
      [clientLeg, targetLeg].map((leg) => Math.min(1, option(fdOf(leg), IPPROTO_TCP, TCP_NODELAY)));
    expect(noDelay()).toEqual([1, 0]);
    await client.send('one');
    await target.has(3);
    expect(noDelay()).toEqual([1, 0]);
    await client.send('two');
    await target.has(6);
    expect(noDelay()).toEqual([1, 1]);
  });

  it('is keepalive after the first sweep, on both legs, and never TCP_USER_TIMEOUT', async () => {
    const fixture = await EngineFixture.open(openEngine());
    // A sweep every 10 ms: the shortest deadline is that of a half-closed session.
    const { clientLeg, targetLeg, relay } = await joinLegs(fixture, {
      ...longTimeouts,
      halfClosed: 80,
      keepAlive: 120_000,
    });
    const fds = [clientLeg, targetLeg].map(fdOf);
    await until(() => fds.every((fd) => option(fd, SOL_SOCKET, SO_KEEPALIVE) === 1), 'keepalive to be on');
    for (const fd of fds) {
      expect(option(fd, IPPROTO_TCP, TCP_KEEPIDLE)).toBe(60);
      expect(option(fd, IPPROTO_TCP, TCP_KEEPINTVL)).toBe(10);
      expect(option(fd, IPPROTO_TCP, TCP_KEEPCNT)).toBe(6);
      expect(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT)).toBe(0);
    }
    expect(relay.state).toBe('relaying');
  });

  it('is no keepalive before the first sweep: short sessions need none', async () => {
    const { clientLeg, targetLeg } = await joinLegs(await EngineFixture.open(openEngine()));
    for (const leg of [clientLeg, targetLeg]) expect(option(fdOf(leg), SOL_SOCKET, SO_KEEPALIVE)).toBe(0);
  });
});

describe('kernel options of an acceptor', () => {
  it('is SO_REUSEADDR, TCP_NODELAY and the largest backlog there is', async () => {
    const fd = acceptorFd(await EngineFixture.open(openEngine()));
    expect(option(fd, SOL_SOCKET, SO_REUSEADDR)).toBe(1);
    expect(option(fd, IPPROTO_TCP, TCP_NODELAY)).not.toBe(0);
    const most = Number(readFileSync('/proc/sys/net/core/somaxconn', 'latin1'));
    expect(option(fd, IPPROTO_TCP, TCP_INFO, backlogAt)).toBe(Math.min(most, 65_535));
  });

  it('is one socket for both families with dualStack', async () => {
    const engine = openEngine();
    await EngineFixture.open(engine);
    const before = openSockets();
    const listening = await engine.listen(
      { address: '::', port: 0, dualStack: true },
      { room: () => 'free', onClient: (leg) => engine.close(leg, 'rst') },
    );
    if (!listening.ok || !(listening.acceptor instanceof SpliceAcceptor)) throw new Error('no acceptor');
    expect(openSockets()).toBe(before + 1);
    expect(option(listening.acceptor.fd, IPPROTO_IPV6, IPV6_V6ONLY)).toBe(0);
    listening.acceptor.close();
    expect(openSockets()).toBe(before);
  });

  it('is IPv6 alone without dualStack', async () => {
    const fixture = await EngineFixture.open(openEngine(), { address: '::', port: 0, dualStack: false });
    expect(option(acceptorFd(fixture), IPPROTO_IPV6, IPV6_V6ONLY)).toBe(1);
    await expect(fixture.connect('127.0.0.1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('can be bound again at once, though connections of the last one linger', async () => {
    const engine = openEngine();
    const fixture = await EngineFixture.open(engine);
    const { client, relay } = await joinLegs(fixture);
    fixture.acceptor.close();
    // The engine's side ends first: its socket stays in TIME_WAIT.
    relay.kill('killed');
    await client.closed;
    const again = await engine.listen(
      { ...fixture.acceptor.local, dualStack: false },
      { room: () => 'free', onClient: () => {} },
    );
    expect(again).toMatchObject({ ok: true });
    if (again.ok) again.acceptor.close();
  });
});
