import { hostOf } from '../../src/base/host.ts';
import type {
  BindAddress,
  Plan,
  PlannedListener,
  PlannedPool,
  PlannedRules,
  PlannedSessionTimeouts,
  PlannedTarget,
} from '../../src/plan/plan.ts';

const hour = 3_600_000;

/** Time-outs that no test waits for. */
export const longTimeouts: PlannedSessionTimeouts = {
  dial: 5000,
  dialTotal: 10_000,
  idle: hour,
  halfClosed: hour,
  keepAlive: 120_000,
  proxyHeader: 3000,
};

/** What a test says of a target; `host` is an address or a name. */
export interface TargetAbout extends Partial<Pick<PlannedTarget, 'port' | 'weight' | 'tier' | 'proxyProtocol'>> {
  readonly host?: string;
}

export function plannedTarget(port: number, { host = '127.0.0.1', ...about }: TargetAbout = {}): PlannedTarget {
  return { ...hostOf(host), port, weight: 1, tier: 'primary', proxyProtocol: 'off', ...about };
}

export function plannedPool(targets: readonly PlannedTarget[], about: Partial<PlannedPool> = {}): PlannedPool {
  const [first, ...others] = targets;
  if (first === undefined) throw new Error('a pool has a target');
  return { name: 'one', balance: 'roundrobin', targets: [first, ...others], ...about };
}

/** A forward's listener; its rules are `forward one`. */
export function plannedListener(
  bind: BindAddress,
  pool: PlannedPool,
  about: Partial<PlannedListener> = {},
): PlannedListener {
  const key = `${bind.address}:${bind.port}`;
  return { key, kind: 'forward', name: 'one', rules: 'forward one', bind, pool, ...about };
}

export function plannedRules(about: Partial<PlannedRules> = {}): PlannedRules {
  return {
    access: { allow: ['0.0.0.0/0', '::/0'], deny: [] },
    limits: {},
    perListener: 100,
    timeouts: longTimeouts,
    acceptProxyFrom: [],
    dialFrom: [],
    ...about,
  };
}

/** A plan of these listeners, all by the same rules. */
export function planOfListeners(
  engine: Plan['engine']['name'],
  listeners: readonly PlannedListener[],
  rules: PlannedRules = plannedRules(),
): Plan {
  return {
    engine: { name: engine, why: 'asked for' },
    services: [],
    listeners,
    rules: { 'forward one': rules },
    limits: {
      sessions: 100,
      perListener: 100,
      waitingRoom: 8,
      pipes: 8,
      memory: 2 ** 28,
      healthChecks: 16,
      explanation: '',
    },
    automatic: [],
    drain: { grace: 0, sessions: hour, until: 'deadline' },
    control: { socket: 'off' },
    names: { stale: hour },
    ownAddresses: [],
    publicAddresses: [],
    log: { level: 'silent', format: 'auto', quiet: false },
    notes: [],
  };
}
