import { performance } from 'node:perf_hooks';
import { formatEndpoint, type SocketAddress } from '../base/address.ts';
import type { CloseReason } from '../base/close-reason.ts';
import { hostText } from '../base/host.ts';
import { formatIp, type Ip } from '../base/ip.ts';
import { noSlot } from '../base/slot-list.ts';
import type { Engine, Leg, Relay } from '../engine/engine.ts';
import type { PlannedListener } from '../plan/plan.ts';
import type { FreshTables } from '../policy/fresh-tables.ts';
import type { PossibleLoop } from '../policy/loop-limit.ts';
import type { ProxyHeader } from '../proxy-protocol/proxy-header.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import type { TargetDial } from '../upstream/target-dial.ts';
import type { ClientHeader } from './client-header.ts';
import type { SessionRoute } from './session-context.ts';
import { SessionCounts } from './session-counts.ts';
import type { SessionRecord, SessionSnapshot, SessionState } from './session-events.ts';
import type { LiveSession } from './session-table.ts';

/** Where a session is in its life. Each phase holds what can be cancelled in it. */
type Phase =
  | { readonly name: 'accepted' }
  | { readonly name: 'reading header'; readonly header: ClientHeader }
  | { readonly name: 'dialing'; readonly dial: TargetDial<Leg> }
  | { readonly name: 'relaying'; readonly relay: Relay }
  | { readonly name: 'ended' };

type Conveyed = Extract<ProxyHeader, { kind: 'proxied' }>;

const accepted: Phase = { name: 'accepted' };
const ended: Phase = { name: 'ended' };

/** One client connection from accept to close: its state. `run-session.ts` is its life. */
export class Session implements LiveSession, PossibleLoop {
  slot = noSlot;
  readonly id: number;
  readonly route: SessionRoute;
  readonly client: Leg;
  readonly counts: SessionCounts;
  /** Why it ended; the first cause wins. */
  reason: CloseReason | undefined = undefined;
  error: Error | undefined = undefined;
  /** The addresses in the client's PROXY header. */
  conveyed: Conveyed | undefined = undefined;
  /** The target that was reached, or tried last. */
  target: PoolTarget | null = null;
  private tries = 0;
  /** performance.now(), milliseconds. */
  private readonly startedAt: number;
  /** Milliseconds that its PROXY header took. */
  private headerTime = 0;
  private readonly engine: Engine;
  private phase: Phase = accepted;
  private dialTime: number | undefined = undefined;
  private relay: Relay | undefined = undefined;
  private remote: SocketAddress | undefined = undefined;

  /** `now`: when the client was accepted, performance.now(), milliseconds. */
  constructor(id: number, route: SessionRoute, client: Leg, engine: Engine, now: number) {
    this.id = id;
    this.startedAt = now;
    this.route = route;
    this.client = client;
    this.engine = engine;
    this.counts = new SessionCounts(route, this);
  }

  get listener(): PlannedListener {
    return this.route.listener;
  }

  get bytesToTarget(): number {
    return this.relay?.bytesToTarget ?? 0;
  }

  get bytesToClient(): number {
    return this.relay?.bytesToClient ?? 0;
  }

  /** Its target has sent a byte, which never happens in a loop. */
  get answered(): boolean {
    return this.bytesToClient > 0;
  }

  /** Milliseconds since accept. */
  age(): number {
    return performance.now() - this.startedAt;
  }

  /** Milliseconds since its first dial began. */
  dialAge(): number {
    return this.age() - this.headerTime;
  }

  /** The client's address. To be called while the leg lives: the kernel does not know the peer of a closed socket. */
  identify(): SocketAddress {
    this.remote ??= this.client.remote;
    return this.remote;
  }

  readingHeader(header: ClientHeader): void {
    this.phase = { name: 'reading header', header };
  }

  /** The client's PROXY header has been read: from now on its addresses hold. */
  takeHeader(header: ProxyHeader): void {
    if (header.kind === 'local') return;
    this.conveyed = header;
    const { ip, port } = header.source;
    this.remote = { address: formatIp(ip), port };
  }

  /** As `SessionCounts.admitted`. */
  admitted(source: Ip, peer: Ip, first: PoolTarget | 'no target'): void {
    this.counts.admitted(source, peer, first);
    if (this.phase.name === 'reading header') this.headerTime = this.age();
  }

  dialing(target: PoolTarget, dial: TargetDial<Leg>): void {
    this.target = target;
    this.tries += 1;
    this.phase = { name: 'dialing', dial };
  }

  /** Its target has answered. */
  reached(): void {
    const now = performance.now();
    this.dialTime = now - this.startedAt;
    this.counts.dialEnded('answer', now);
    if (this.target !== null) this.route.pool.succeeded(this.target, now);
  }

  relaying(relay: Relay): void {
    this.relay = relay;
    this.phase = { name: 'relaying', relay };
  }

  /** Ends the session now, in whatever phase it is; both legs are reset. */
  kill(reason: CloseReason): void {
    if (this.phase.name === 'ended') return;
    this.reason ??= reason;
    if (this.phase.name === 'relaying') {
      this.phase.relay.kill(reason);
      return;
    }
    if (this.phase.name === 'dialing') this.phase.dial.cancel();
    else if (this.phase.name === 'reading header') this.phase.header.cancel();
    this.engine.close(this.client, 'rst');
  }

  /** Ends it before a relay has begun: the client is reset. */
  end(reason: CloseReason, error?: Error): void {
    this.reason ??= reason;
    this.error ??= error;
    this.engine.close(this.client, 'rst');
  }

  /** A bug of ours ends it. It replaces an earlier reason, so that its stack is reported. */
  failed(error: unknown): void {
    this.reason = 'internal';
    this.error = error instanceof Error ? error : new Error(String(error));
    try {
      this.identify();
      this.kill('internal');
    } catch {
      // The same bug may appear again here. The descriptor is closed all the same.
    }
  }

  /** The client was reset, or a bug ended its leg, before a relay has begun. */
  clientReset(): void {
    if (this.client.bug === undefined) this.kill('client reset');
    else this.failed(this.client.bug);
  }

  restore(fresh: FreshTables): void {
    this.counts.restore(fresh);
  }

  ended(): void {
    this.phase = ended;
    const unanswered = this.relay !== undefined && !this.answered;
    this.counts.leave(performance.now(), unanswered ? this.age() : undefined);
  }

  snapshot(): SessionSnapshot {
    const { relay } = this;
    return {
      ...this.about(),
      state: this.state,
      heldToTarget: relay?.heldToTarget ?? 0,
      heldToClient: relay?.heldToClient ?? 0,
    };
  }

  record(): SessionRecord {
    return {
      ...this.about(),
      reason: this.reason ?? 'internal',
      duration: this.age(),
      dialTime: this.dialTime,
      tries: this.tries,
      error: this.error,
    };
  }

  /** What a snapshot and a record have in common. */
  private about(): Omit<SessionSnapshot, 'state' | 'heldToTarget' | 'heldToClient'> {
    const { listener } = this.route;
    const [first] = listener.pool.targets;
    const { address, port } = this.identify();
    return {
      id: this.id,
      service: listener.name,
      host: listener.host,
      listener: listener.key,
      // Without an address, the client was reset before its address was read.
      client: address === '' ? 'unknown' : formatEndpoint(address, port),
      target: this.target?.name ?? formatEndpoint(hostText(first), first.port),
      bytesToTarget: this.bytesToTarget,
      bytesToClient: this.bytesToClient,
      started: Math.ceil(Date.now() - this.age()),
    };
  }

  private get state(): SessionState {
    const { phase, relay } = this;
    if (relay !== undefined) return relay.state === 'closed' ? 'closing' : relay.state;
    return phase.name === 'reading header' ? 'reading header' : 'dialing';
  }
}
