import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { Gateway } from '../../src/gateway/gateway.ts';
import type { Plan, PlannedListener, PlannedRules } from '../../src/plan/plan.ts';
import { chooseSeed } from '../contract/differential/choose-seed.ts';
import { plannedListener, plannedPool, plannedRules, plannedTarget, planOfListeners } from '../helpers/planned.ts';
import { until, within } from '../helpers/until.ts';
import { busyPort, freePort, start, testedEngine } from './gateway-fixture.ts';

/*
 * 500 random plans, applied one after the other to one gateway. After each, a model says who must be served how: by
 * which targets, or not at all. Long sessions of all plans go on meanwhile.
 */

const steps = 500;
/** Long sessions that are kept at a time. */
const mostKept = 12;

/** What a plan wants of one port. */
interface Wanted {
  /** Of the forward: its pool and its rules go by it. */
  readonly name: string;
  /** Where it is bound. */
  readonly addresses: readonly string[];
  /** Names of targets. */
  readonly targets: readonly string[];
  readonly access: 'everybody' | 'nobody';
  /** Sessions at once, whichever plan they began with, by one of several limits. */
  readonly most: number;
  readonly limit: 'sessions' | 'perTarget' | 'perSource';
  readonly prefix: number;
  readonly balance: 'roundrobin' | 'leastconn' | 'source';
}

type Model = ReadonlyMap<number, Wanted>;
/** Their ports, by name. */
type Targets = ReadonlyMap<string, number>;

/** A connection, and what came of it: the name of its target, or `refused` or `reset`. */
interface Client {
  readonly socket: Socket;
  outcome: string;
  echoes: number;
  ended: boolean;
}

/** A long session. */
interface Kept {
  readonly client: Client;
  /** Of the forward that it came in by. */
  readonly name: string;
  /** Of the listener that it came in through. */
  readonly key: string;
}

it(`serves after each of ${steps} random changes exactly what the plan says`, { timeout: 240_000 }, async () => {
  const random = randomNumbers(chooseSeed());
  const below = (most: number): number => Math.floor(random() * most);
  const some = <T>(items: readonly T[]): T[] => items.filter(() => random() < 0.5);
  const one = <T>(items: readonly [T, ...T[]]): T => items[below(items.length)] ?? items[0];
  const targets = new Map<string, number>();
  for (const name of ['a', 'b', 'c', 'd']) targets.set(name, await echoServer(name));
  const ports = [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()];
  const taken = await busyPort();
  const names = [...targets.keys()] as [string, ...string[]];

  const randomWanted = (port: number): Wanted => {
    const bound = one<readonly string[]>([['0.0.0.0'], ['127.0.30.1'], ['127.0.30.1', '127.0.30.2'], ['127.0.30.2']]);
    const chosen = some(names);
    return {
      name: `${port}${one(['', ' b'])}`,
      addresses: bound,
      targets: chosen.length === 0 ? [one(names)] : chosen,
      access: random() < 0.85 ? 'everybody' : 'nobody',
      most: random() < 0.3 ? 1 + below(3) : 90,
      limit: one(['sessions', 'perTarget', 'perSource']),
      prefix: one([32, 24, 8]),
      balance: one(['roundrobin', 'leastconn', 'source']),
    };
  };
  const randomModel = (from: Model): Model => {
    const next = new Map(from);
    for (const port of ports) {
      const dice = random();
      if (dice < 0.2) next.delete(port);
      else if (dice < 0.45) next.set(port, randomWanted(port));
    }
    const [first = 0] = ports;
    if (next.size === 0) next.set(first, randomWanted(first));
    return next;
  };
  const planOf = (model: Model): Plan => {
    const listeners: PlannedListener[] = [];
    const rules: Record<string, PlannedRules> = {};
    for (const [port, wanted] of model) {
      const { name } = wanted;
      rules[`forward ${name}`] = rulesOf(wanted);
      const pool = plannedPool(
        wanted.targets.map((target) => plannedTarget(targets.get(target) ?? 0)),
        { name, balance: wanted.balance },
      );
      for (const address of wanted.addresses) {
        listeners.push(plannedListener({ address, port, dualStack: false }, pool, { name, rules: `forward ${name}` }));
      }
    }
    return { ...planOfListeners(testedEngine, listeners), rules };
  };

  let model = randomModel(new Map());
  const { started } = await start(planOf(model));
  if (started.kind !== 'started') throw new Error('the gateway has not started');
  const { gateway } = started;
  const kept: Kept[] = [];

  for (let step = 0; step < steps; step += 1) {
    const dice = random();
    const next = randomModel(model);
    const plan = planOf(next);
    if (dice < 0.1) {
      // One listener cannot be bound: nothing changes.
      const bind = { address: '127.0.30.1', port: taken, dualStack: false };
      const busy = plannedListener(bind, plannedPool([plannedTarget(1)], { name: 'busy' }), { rules: 'forward busy' });
      const withBusy = {
        ...plan,
        listeners: [...plan.listeners, busy],
        rules: { ...plan.rules, 'forward busy': plannedRules() },
      };
      expect((await gateway.apply(withBusy)).kind).toBe('failed');
    } else {
      const cut = dice < 0.25 ? 'end' : 'live on';
      expect((await gateway.apply(plan, cut)).kind).toBe('applied');
      model = next;
      if (cut === 'end') {
        const keys = new Set(plan.listeners.map(({ key }) => key));
        const gone = kept.filter(({ key }) => !keys.has(key));
        await until('the end of cut sessions', () => gone.every(({ client }) => client.ended));
        for (const session of gone) kept.splice(kept.indexOf(session), 1);
      }
    }
    await check(gateway, { model, targets, port: ports[step % ports.length] ?? 0 }, kept);
    if (kept.length >= mostKept) {
      const [oldest] = kept.splice(below(kept.length), 1);
      oldest?.client.socket.destroy();
      await until('the end of a session', () => gateway.table.size === kept.length);
    }
  }
  for (const { client } of kept) client.socket.destroy();
  await until('the end of all sessions', () => gateway.table.size === 0);
  for (const { pool } of gateway.routes.poolsOf(gateway.plan.listeners)) {
    for (const target of pool.targets) expect(target.sessions).toBe(0);
  }
  for (const { key } of gateway.plan.listeners) expect(gateway.routes.sessionsThrough(key)).toBe(0);
});

/** Whether all long sessions are alive, and one more client of `port` gets what the model says. */
async function check(
  gateway: Gateway,
  { model, targets, port }: { readonly model: Model; readonly targets: Targets; readonly port: number },
  kept: Kept[],
): Promise<void> {
  expect(gateway.table.size).toBe(kept.length);
  const clients = kept.map(({ client }) => client);
  expect(clients.every(({ ended }) => !ended)).toBe(true);
  expectCounts(gateway, kept, targets);
  const before = clients.map(({ echoes }) => echoes);
  for (const { socket } of clients) socket.write('x');
  await until('an echo of each long session', () => clients.every(({ echoes }, at) => echoes > (before[at] ?? 0)));
  const wanted = model.get(port);
  for (const address of ['127.0.30.1', '127.0.30.2']) {
    const listens = wanted?.addresses.find((bound) => bound === '0.0.0.0' || bound === address);
    const client = await connected(port, address);
    if (wanted === undefined || listens === undefined) {
      expect(client.outcome, `port ${port} of ${address}`).toBe('refused');
      continue;
    }
    const key = `${listens}:${port}`;
    const through = kept.filter(({ name }) => name === wanted.name);
    if (wanted.access === 'nobody' || through.length >= wanted.most) {
      expect(client.outcome, `port ${port} of ${address}, ${through.length} sessions`).toBe('reset');
      continue;
    }
    expect(wanted.targets).toContain(client.outcome);
    kept.push({ client, name: wanted.name, key });
  }
}

/** Whether listeners and targets of the present plan count the long sessions, whichever plan these began with. */
function expectCounts(gateway: Gateway, kept: readonly Kept[], targets: Targets): void {
  const { plan, routes } = gateway;
  for (const { key } of plan.listeners) {
    expect(routes.sessionsThrough(key), key).toBe(kept.filter((session) => session.key === key).length);
  }
  for (const { pool } of routes.poolsOf(plan.listeners)) {
    for (const { planned, sessions } of pool.targets) {
      const there = kept.filter(
        ({ name, client }) => name === pool.name && targets.get(client.outcome) === planned.port,
      );
      expect(sessions, `sessions of port ${planned.port} in ${pool.name}`).toBe(there.length);
    }
  }
}

function rulesOf({ access, limit, most, prefix }: Wanted): PlannedRules {
  return plannedRules({
    access: { allow: access === 'everybody' ? ['0.0.0.0/0', '::/0'] : [], deny: [] },
    perListener: 90 + most,
    limits: {
      ...(limit === 'sessions' && { sessions: most }),
      ...(limit === 'perTarget' && { perTarget: most }),
      ...(limit === 'perSource' && { perSource: { sessions: most, ipv4Prefix: prefix, ipv6Prefix: 64 } }),
    },
  });
}

/** Connects, and waits for what comes of it. */
function connected(port: number, host: string): Promise<Client> {
  const socket = connect({ port, host, noDelay: true });
  onTestFinished(() => void socket.destroy());
  const client: Client = { socket, echoes: 0, ended: false, outcome: '' };
  const outcome = new Promise<Client>((resolve) => {
    const become = (text: string): void => {
      if (client.outcome === '') client.outcome = text;
      resolve(client);
    };
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      client.echoes += text.replace(/[a-d]/g, '').length;
      const [name] = /[a-d]/.exec(text) ?? [];
      if (name !== undefined) become(name);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => become(error.code === 'ECONNREFUSED' ? 'refused' : 'reset'));
    socket.on('close', () => {
      client.ended = true;
      become('reset');
    });
  });
  return within(`what comes of a client of ${host}:${port}`, outcome);
}

/** Sends its name, and then what it gets. */
async function echoServer(name: string): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.write(name);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** mulberry32: enough for a test, and repeatable. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
