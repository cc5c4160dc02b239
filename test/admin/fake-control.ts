import type { Answer, GatewayControl, Refusal } from '../../src/admin/control.ts';
import type { Reloaded, Status } from '../../src/admin/schemas.ts';

const instant = '2026-01-01T00:00:00.000Z';

const someStatus: Status = {
  instance: 'up',
  pid: 1,
  version: '0.0.0',
  node: 'v24.0.0',
  command: 'up',
  startedAt: instant,
  state: 'serving',
  engine: { name: 'splice', why: 'it works here' },
  served: [
    {
      kind: 'service',
      name: 'ssh',
      addresses: ['::'],
      ports: '30001-30254',
      leadsTo: 'port 22 of hosts 1-254',
      listeners: 254,
      sessions: 1,
    },
  ],
  listeners: { open: 254, skipped: [] },
  sessions: { now: 1, most: 100, opened: 1, ended: { 'client closed': 1 }, denied: 0, turnedAway: 0 },
  bytes: { toTarget: 1, toClient: 2 },
  rates: { overMs: 60_000, sessionsPerSecond: 0.5, bytesToTargetPerSecond: 1, bytesToClientPerSecond: 2 },
  out: [{ what: '192.168.20.16', since: instant, targets: 3, sessions: 1 }],
  reloads: {
    applied: 1,
    refused: 0,
    last: [{ at: instant, trigger: 'signal', outcome: 'applied', summary: 'x', tookMs: 3 }],
  },
  logLevel: 'info',
};

const someReload: Reloaded = {
  outcome: 'applied',
  changes: [{ kind: 'added', what: 'listeners', name: 'service ssh', detail: 'ports 1-3', sessions: 0 }],
  warnings: [],
  skipped: [],
  tookMs: 5,
};

/** A gateway that remembers what it was asked, and answers the same each time. */
export class FakeControl implements GatewayControl {
  readonly asked: (readonly [string, unknown])[] = [];
  ready: 'ready' | 'draining' = 'ready';
  /** What every call is refused with, where it may be. */
  refusal: Refusal | undefined;
  /** What every call throws. */
  bug: Error | undefined;
  rows = 1;

  readiness() {
    return this.ready;
  }

  async status() {
    this.note('status', {});
    return someStatus;
  }

  async listeners(query: unknown) {
    this.note('listeners', query);
    const row = {
      listener: '[::]:30016',
      service: 'ssh',
      host: 16,
      state: 'open',
      targets: ['10.0.0.5:22'],
      sessions: 0,
    };
    return { rows: Array(this.rows).fill(row), page: 1, pages: 1, total: this.rows };
  }

  sessions(query: unknown) {
    const row = {
      id: 1,
      state: 'relaying' as const,
      service: 'ssh',
      host: 16,
      listener: '[::]:30016',
      client: '203.0.113.7:40000',
      target: '10.0.0.5:22',
      startedAt: instant,
      ageMs: 5,
      bytesToTarget: 1,
      bytesToClient: 2,
      heldToTarget: 0,
      heldToClient: 0,
    };
    return this.answer('sessions', query, { rows: Array(this.rows).fill(row), page: 1, pages: 1, total: this.rows });
  }

  targets(query: unknown) {
    const row = {
      target: '10.0.0.5:22',
      pool: 'ssh/16',
      tier: 'primary' as const,
      weight: 1,
      state: 'in' as const,
      sessions: 0,
      checked: false,
    };
    return this.answer('targets', query, { rows: [row], page: 1, pages: 1, total: 1 });
  }

  reload(request: unknown) {
    return this.answer('reload', request, someReload);
  }

  drain(request: unknown) {
    return this.answer('drain', request, { sessions: 1, graceMs: 0, sessionsMs: 10_000 });
  }

  endSessions(filter: unknown) {
    return this.answer('endSessions', filter, { ended: 1 });
  }

  takeOut(request: unknown) {
    return this.answer('takeOut', request, { out: someStatus.out, changed: ['192.168.20.16'] });
  }

  setLogLevel(change: unknown) {
    return this.answer('setLogLevel', change, { level: 'debug' as const });
  }

  addForwards(request: unknown) {
    return this.answer('addForwards', request, someReload);
  }

  removeForwards(request: unknown) {
    return this.answer('removeForwards', request, someReload);
  }

  private note(call: string, input: unknown): void {
    this.asked.push([call, input]);
    if (this.bug !== undefined) throw this.bug;
  }

  private async answer<T>(call: string, input: unknown, value: T): Promise<Answer<T>> {
    this.note(call, input);
    return this.refusal === undefined ? { ok: true, value } : { ok: false, refusal: this.refusal };
  }
}
