import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { writeLocalHeader } from '../../src/proxy-protocol/write-proxy-header.ts';
import type { ProbeOutcome, Probing } from '../../src/upstream/health-checks.ts';
import type { Lookup } from '../../src/upstream/resolver.ts';
import type { TargetGuard } from '../../src/upstream/target-guard.ts';
import { tcpProbe } from '../../src/upstream/tcp-probe.ts';
import { openBlackHole } from '../contract/black-hole.ts';
import { plannedTarget, type TargetAbout } from '../helpers/planned.ts';
import { runCommand } from '../helpers/run-command.ts';
import { until, within } from '../helpers/until.ts';
import { dialContext } from './dial-fixture.ts';
import { anySource } from './pools.ts';

/** What a server saw of one client. */
interface Seen {
  received: string;
  end: 'none yet' | 'fin' | 'reset';
}

const servers = new Set<Server>();
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  servers.clear();
});

/** Listens, and writes down what clients do. */
async function serve(
  address = '127.0.0.1',
  port = 0,
  {
    greeting = '',
    closes = 'when its client does',
  }: { greeting?: string; closes?: 'when its client does' | 'never' } = {},
): Promise<{ port: number; clients: Seen[] }> {
  const clients: Seen[] = [];
  const server = createServer({ allowHalfOpen: closes === 'never' }, (socket) => {
    sockets.add(socket);
    const seen: Seen = { received: '', end: 'none yet' };
    clients.push(seen);
    if (greeting !== '') socket.write(greeting);
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      seen.received += text;
    });
    socket.on('end', () => {
      seen.end = 'fin';
    });
    socket.on('error', () => {
      seen.end = 'reset';
    });
  });
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  return { port: boundTo(server).port, clients };
}

/** A loopback port without a listener. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = boundTo(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function boundTo(server: Server): AddressInfo {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('Cannot serve: no port');
  return bound;
}

const answering =
  (...addresses: string[]): Lookup =>
  async () =>
    addresses.map((address) => ({ address }));

/** Descriptors of this process; a probe leaves none. */
const descriptors = (): number => readdirSync('/proc/self/fd').length;

/** Runs something while this process cannot have any further descriptor. */
async function withoutDescriptors<T>(run: () => Promise<T>): Promise<T> {
  const soft = /Max open files +(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const setLimit = (limit: string): Promise<unknown> =>
    runCommand('prlimit', ['--pid', String(process.pid), `--nofile=${limit}:`]);
  // Some more than there are, which are then taken: starting prlimit again needs a few.
  await setLimit(String(Math.max(...readdirSync('/proc/self/fd').map(Number)) + 30));
  const taken: number[] = [];
  try {
    expect(() => {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    }).toThrow('EMFILE');
    return await run();
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
    await setLimit(soft ?? '1024');
  }
}

interface Given {
  lookup?: Lookup;
  guard?: Partial<TargetGuard>;
  timeout?: number;
}

/** Starts a probe, by default of 127.0.0.1 and with plenty of time. */
function start({ port = 80, ...about }: TargetAbout, { lookup, guard, timeout = 10_000 }: Given = {}): Probing {
  const options = { timeout, dialFrom: anySource };
  return tcpProbe(dialContext(lookup, guard))(plannedTarget(port, about), options);
}

/** The outcome of such a probe. */
function probe(target: TargetAbout, given: Given = {}): Promise<ProbeOutcome> {
  return within('the end of a probe', start(target, given).done);
}

describe('a target that answers', () => {
  it('is up, and sees a client that finishes without a byte', async () => {
    const { port, clients } = await serve();
    expect(await probe({ port })).toEqual({ ok: true });
    expect(await until('the end of the connection', () => clients[0]?.end !== 'none yet' && clients)).toEqual([
      { received: '', end: 'fin' },
    ]);
  });

  it.each(['v1', 'v2'] as const)('and expects PROXY %s is sent a header of our own', async (proxyProtocol) => {
    const { port, clients } = await serve();
    expect(await probe({ port, proxyProtocol })).toEqual({ ok: true });
    expect(await until('the end of the connection', () => clients[0]?.end !== 'none yet' && clients)).toEqual([
      { received: writeLocalHeader(proxyProtocol).toString('latin1'), end: 'fin' },
    ]);
  });

  it('and speaks first sees no reset for its greeting', async () => {
    const { port, clients } = await serve('127.0.0.1', 0, { greeting: 'SSH-2.0-test\r\n'.repeat(5000) });
    for (let nth = 0; nth < 20; nth += 1) expect(await probe({ port })).toEqual({ ok: true });
    await until('the end of all connections', () => clients.every(({ end }) => end !== 'none yet'));
    expect(clients.map(({ end }) => end)).toEqual(Array(20).fill('fin'));
  });

  it('and never closes is not waited for', async () => {
    const { port } = await serve('127.0.0.1', 0, { closes: 'never' });
    const before = descriptors();
    const begun = performance.now();
    expect(await probe({ port })).toEqual({ ok: true });
    expect(performance.now() - begun).toBeLessThan(30_000);
    // The remaining descriptor is the server's end.
    expect(descriptors()).toBeLessThanOrEqual(before + 1);
  });

  it('may be reached by IPv6', async () => {
    const { port } = await serve('::1');
    expect(await probe({ host: '::1', port })).toEqual({ ok: true });
  });

  it('is fine when its name has one address that answers', async () => {
    const { port, clients } = await serve('127.0.0.2');
    const lookup = answering('127.0.0.3', '127.0.0.2', '127.0.0.4');
    expect(await probe({ host: 'vm.test', port }, { lookup })).toEqual({ ok: true });
    expect(clients.length).toBe(1);
  });
});

describe('a target that does not answer', () => {
  it('is reported with the reason', async () => {
    const port = await closedPort();
    expect(await probe({ port })).toEqual({ ok: false, why: `connect ECONNREFUSED 127.0.0.1:${port}` });
  });

  it('may be a name without an address', async () => {
    expect(await probe({ host: 'vm.test' }, { lookup: answering() })).toEqual({
      ok: false,
      why: 'Cannot dial vm.test: it has no address',
    });
  });

  it('may be a name that cannot be looked up', async () => {
    const lookup = () => Promise.reject(new Error('getaddrinfo ENOTFOUND vm.test'));
    expect(await probe({ host: 'vm.test' }, { lookup })).toEqual({ ok: false, why: 'getaddrinfo ENOTFOUND vm.test' });
  });

  it('may be a name whose lookup takes too long', async () => {
    const lookup = () => new Promise<never>(() => {});
    expect(await probe({ host: 'vm.test' }, { lookup, timeout: 20 })).toEqual({
      ok: false,
      why: expect.stringMatching(/^Cannot look up vm.test: no answer from a name server within 20 ms/),
    });
  });

  it('is given up after the time-out', async () => {
    const port = await openBlackHole();
    const before = descriptors();
    expect(await probe({ port }, { timeout: 50 })).toEqual({ ok: false, why: 'no answer from 127.0.0.1 within 50 ms' });
    expect(descriptors()).toBeLessThanOrEqual(before);
  });

  it('leaves the other addresses of its name their share of the time', async () => {
    const port = await openBlackHole();
    await serve('127.0.0.2', port);
    const lookup = answering('127.0.0.1', '127.0.0.2');
    expect(await probe({ host: 'vm.test', port }, { lookup, timeout: 2000 })).toEqual({ ok: true });
  });
});

describe('an address that must not be dialed', () => {
  const guard: Given['guard'] = {
    check: ({ address, port }) => (address === '127.0.0.1' ? `it leads to ${address}:${port}` : undefined),
  };

  it('is not, and the reason is reported', async () => {
    const { port, clients } = await serve();
    const { port: later, clients: laterClients } = await serve();
    const given = { guard, lookup: answering('127.0.0.1') };
    expect(await probe({ host: 'vm.test', port }, given)).toEqual({
      ok: false,
      why: `it leads to 127.0.0.1:${port}`,
    });
    // A later connection would be seen later.
    expect(await probe({ port: later })).toEqual({ ok: true });
    await until('another connection', () => laterClients.length === 1);
    expect(clients).toEqual([]);
  });

  it('leaves the other addresses of the name', async () => {
    const { port } = await serve('127.0.0.2');
    const given = { guard, lookup: answering('127.0.0.1', '127.0.0.2') };
    expect(await probe({ host: 'vm.test', port }, given)).toEqual({ ok: true });
  });
});

describe('a probe proves nothing about the target', () => {
  it('when it is cancelled while it connects', async () => {
    const port = await openBlackHole();
    const before = descriptors();
    const probing = start({ port });
    await until('the probe to connect', () => descriptors() > before);
    probing.cancel();
    expect(await within('the end of a probe', probing.done)).toBe('not tried');
    expect(descriptors()).toBeLessThanOrEqual(before);
  });

  it('when it is cancelled while the name is looked up', async () => {
    let begun = false;
    const lookup = async () => {
      begun = true;
      return await new Promise<never>(() => {});
    };
    const probing = start({ host: 'vm.test' }, { lookup });
    await until('the lookup', () => begun);
    probing.cancel();
    expect(await within('the end of a probe', probing.done)).toBe('not tried');
  });

  it('when this machine has no descriptor left for it', async () => {
    const { port } = await serve();
    expect(await withoutDescriptors(() => probe({ port }))).toBe('not tried');
    expect(await probe({ port })).toEqual({ ok: true });
  });
});

it('leaves no descriptor and no timer, whatever came of it', async () => {
  const { port, clients } = await serve();
  const refusing = await closedPort();
  const timers = (): number => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length;
  const before = { descriptors: descriptors(), timers: timers() };
  const outcomes = await Promise.all(
    Array.from({ length: 30 }, (_, nth) => probe({ port: nth % 2 === 0 ? port : refusing, proxyProtocol: 'v2' })),
  );
  expect(outcomes.filter((outcome) => outcome !== 'not tried' && outcome.ok).length).toBe(15);
  await until('the end of all connections', () => clients.filter(({ end }) => end === 'fin').length === 15);
  // The server is in this process too, and ends its side by itself. Fewer: what an earlier test had was still closing.
  await until('all descriptors closed', () => descriptors() <= before.descriptors);
  await until('all timers cleared', () => timers() <= before.timers);
});
