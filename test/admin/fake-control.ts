import type { Answer, GatewayControl, Refusal } from '../../src/admin/control.ts';
import type { Reloaded, SessionPage, Status } from '../../src/admin/schemas.ts';

export interface Call {
  readonly name: string;
  readonly given: unknown;
}

/** A gateway that does nothing, and remembers what it was asked to do. */
export class FakeControl implements GatewayControl {
  readonly calls: Call[] = [];
  ready: 'ready' | 'draining' = 'ready';
  /** What every call is refused with. */
  refusal: Refusal | undefined;
  /** What every call rejects with. */
  bug: unknown;
  /** What every call waits for. */
  pause: Promise<void> = Promise.resolve();
  sessionPage: SessionPage = page({
    id: 7,
    state: 'relaying' as const,
    service: 'ssh',
    host: 16,
    listener: '0.0.0.0:30016',
    client: '198.51.100.7:50000',
    target: '192.168.20.16:22',
    startedAt: '2026-01-02T03:04:05.678Z',
    ageMs: 1_234,
    bytesToTarget: 10,
    bytesToClient: 20,
    heldToTarget: 0,
    heldToClient: 0,
  });

  readiness(): 'ready' | 'draining' {
    if (this.bug !== undefined) throw this.bug;
    return this.ready;
  }

  async status(): Promise<Status> {
    return await this.plain('status', undefined, status);
  }

  listeners: GatewayControl['listeners'] = async (given) =>
    await this.plain(
      'listeners',
      given,
      page({
        listener: '0.0.0.0:30016',
        service: 'ssh',
        host: 16,
        state: 'open' as const,
        targets: ['192.168.20.16:22'],
        sessions: 1,
      }),
    );

  sessions: GatewayControl['sessions'] = async (given) => await this.answer('sessions', given, this.sessionPage);

  targets: GatewayControl['targets'] = async (given) => {
    const row = { target: '192.168.20.16:22', pool: 'ssh/16', tier: 'primary', weight: 1, state: 'in' } as const;
    return await this.answer('targets', given, page({ ...row, sessions: 1, checked: false }));
  };

  reload: GatewayControl['reload'] = async (given) => await this.answer('reload', given, reloaded);

  drain: GatewayControl['drain'] = async (given) =>
    await this.answer('drain', given, { sessions: 3, graceMs: 0, sessionsMs: 10_000 });

  endSessions: GatewayControl['endSessions'] = async (given) => await this.answer('endSessions', given, { ended: 1 });

  takeOut: GatewayControl['takeOut'] = async (given) =>
    await this.answer('takeOut', given, { out: status.out, changed: ['192.168.20.16:22'] });

  setLogLevel: GatewayControl['setLogLevel'] = async (given) => await this.answer('setLogLevel', given, given);

  addForwards: GatewayControl['addForwards'] = async (given) => await this.answer('addForwards', given, reloaded);

  removeForwards: GatewayControl['removeForwards'] = async (given) =>
    await this.answer('removeForwards', given, reloaded);

  private async plain<T>(name: string, given: unknown, value: T): Promise<T> {
    this.calls.push({ name, given });
    await this.pause;
    if (this.bug !== undefined) throw this.bug;
    return value;
  }

  private async answer<T>(name: string, given: unknown, value: T): Promise<Answer<T>> {
    const done = await this.plain(name, given, value);
    return this.refusal === undefined ? { ok: true, value: done } : { ok: false, refusal: this.refusal };
  }
}

function page<Row>(row: Row) {
  return { rows: [row], page: 1, pages: 1, total: 1 };
}

const status: Status = {
  instance: 'up',
  pid: 1,
  version: '0.1.0',
  node: '24.0.0',
  command: 'up',
  config: '/etc/floatgate.yaml',
  startedAt: '2026-01-02T03:04:05Z',
  state: 'serving',
  engine: { name: 'splice', why: 'Linux' },
  subnet: '192.168.20.0/24',
  served: [
    {
      kind: 'service',
      name: 'ssh',
      addresses: ['0.0.0.0'],
      ports: '30001-30254',
      leadsTo: 'port 22 of hosts 1-254',
      listeners: 254,
      sessions: 1,
      added: { until: '2026-01-02T05:04:05Z' },
    },
  ],
  listeners: { open: 254, skipped: [{ listener: '0.0.0.0:30017', message: 'busy' }] },
  sessions: { now: 1, most: 4_000, opened: 5, ended: { ended: 4 }, denied: 0, turnedAway: 0 },
  bytes: { toTarget: 10, toClient: 20 },
  rates: { overMs: 60_000, sessionsPerSecond: 0.1, bytesToTargetPerSecond: 0.2, bytesToClientPerSecond: 0.3 },
  out: [{ what: '192.168.20.16', since: '2026-01-02T03:04:05Z', targets: 3, sessions: 1 }],
  reloads: {
    applied: 1,
    refused: 0,
    last: [{ at: '2026-01-02T03:04:05Z', trigger: 'signal', outcome: 'applied', summary: 'added', tookMs: 5 }],
  },
  logLevel: 'info',
};

const reloaded: Reloaded = {
  outcome: 'applied',
  changes: [{ kind: 'added', what: 'listeners', name: 'service web', detail: '30300', sessions: 0 }],
  warnings: ['a flag hides a key'],
  skipped: [{ listener: '0.0.0.0:30017', message: 'busy' }],
  tookMs: 5,
};
