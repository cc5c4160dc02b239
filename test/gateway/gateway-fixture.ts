import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { type Gateway, type GatewayStart, startGateway } from '../../src/gateway/gateway.ts';
import type {
  Plan,
  PlannedDrain,
  PlannedLimits,
  PlannedListener,
  PlannedPool,
  PlannedRules,
  PlannedSessionTimeouts,
  PlannedTarget,
} from '../../src/plan/plan.ts';
import type { SessionObserver, SessionRecord } from '../../src/session/session-events.ts';
import { connectPeer, Inbox, type Peer, TargetServer } from '../contract/peer.ts';
import { reservePort } from '../helpers/free-ports.ts';
import {
  longTimeouts,
  plannedListener,
  plannedPool,
  plannedRules,
  plannedTarget,
  planOfListeners,
} from '../helpers/planned.ts';

/** Set by the project in vitest.config.ts. */
export const testedEngine = process.env.FLOATGATE_TEST_ENGINE === 'splice' ? 'splice' : 'stream';

/** Not 127.0.0.1, where the tests' own connections come from. */
export const gatewayAddress = '127.0.30.1';

/** A port that nobody else takes. */
export const freePort: () => Promise<number> = reservePort;

/** Holds a port of `gatewayAddress` for the length of the test. */
export async function busyPort(): Promise<number> {
  const server = createServer().listen(0, gatewayAddress);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export function listenerTo(target: TargetServer, port: number): PlannedListener {
  const bind = { address: gatewayAddress, port, dualStack: false };
  const name = `to ${target.port}`;
  return plannedListener(bind, plannedPool([plannedTarget(target.port)], { name }), { name });
}

interface Times {
  readonly timeouts?: Partial<PlannedSessionTimeouts>;
  readonly drain?: Partial<PlannedDrain>;
}

export function planOf(listeners: readonly PlannedListener[], { timeouts, drain }: Times = {}): Plan {
  const plan = planOfListeners(testedEngine, listeners, plannedRules({ timeouts: { ...longTimeouts, ...timeouts } }));
  return { ...plan, drain: { ...plan.drain, ...drain } };
}

/** Starts a gateway whose records and log lines are kept; it is closed when the test ends. */
export async function start(
  plan: Plan,
  busyPorts: 'fail' | 'skip' = 'fail',
): Promise<{ started: GatewayStart; records: Inbox<SessionRecord>; logged: Record<string, unknown>[] }> {
  const records = new Inbox<SessionRecord>();
  const logged: Record<string, unknown>[] = [];
  const logger = pino({ base: null }, { write: (line: string) => logged.push(JSON.parse(line)) });
  const observer: SessionObserver = {
    wants: 'closed',
    opened: () => {},
    closed: (record) => records.put(record),
  };
  const started = await startGateway(plan, { logger, observer, busyPorts });
  onTestFinished(async () => {
    if (started.kind === 'started') await started.gateway.close();
  });
  return { started, records, logged };
}

/** A gateway with one listener, and one session that relays through it. */
export async function startWithSession(times: Times = {}): Promise<{
  gateway: Gateway;
  port: number;
  client: Peer;
  target: Peer;
  records: Inbox<SessionRecord>;
}> {
  const server = await TargetServer.open();
  const port = await freePort();
  const { started, records } = await start(planOf([listenerTo(server, port)], times));
  if (started.kind !== 'started') throw new Error('the gateway has not started');
  const [client, target] = await Promise.all([connectPeer(port, gatewayAddress), server.peers.next()]);
  // A byte that arrives proves that the relay has begun.
  await client.send('x');
  await target.has(1);
  return { gateway: started.gateway, port, client, target, records };
}

/** A running gateway with one listener, its records and its log lines. */
export interface OneListener {
  readonly gateway: Gateway;
  readonly port: number;
  readonly records: Inbox<SessionRecord>;
  readonly logged: Record<string, unknown>[];
}

/** Starts a gateway whose one listener leads to `targets`, by `rules`; `about` overrides pool and limits. */
export async function startOne(
  targets: readonly PlannedTarget[],
  rules: Partial<PlannedRules> = {},
  about: { readonly pool?: Partial<PlannedPool>; readonly limits?: Partial<PlannedLimits> } = {},
): Promise<OneListener> {
  const port = await freePort();
  const bind = { address: gatewayAddress, port, dualStack: false };
  const plan = planOfListeners(
    testedEngine,
    [plannedListener(bind, plannedPool(targets, about.pool))],
    plannedRules(rules),
  );
  const { started, records, logged } = await start({ ...plan, limits: { ...plan.limits, ...about.limits } });
  if (started.kind !== 'started') throw new Error('the gateway has not started');
  return { gateway: started.gateway, port, records, logged };
}
