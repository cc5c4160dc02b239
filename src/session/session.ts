import { performance } from 'node:perf_hooks';
import { formatEndpoint, type SocketAddress } from '../base/address.ts';
import type { CloseReason } from '../base/close-reason.ts';
import { formatIp, type Ip } from '../base/ip.ts';
import type { Slotted } from '../base/slot-list.ts';
import type { Engine, Leg, Relay } from '../engine/engine.ts';
import type { PlannedListener } from '../plan/plan.ts';
import type { Admission } from '../policy/admission.ts';
import type { PossibleLoop } from '../policy/loop-limit.ts';
import type { ProxyHeader } from '../proxy-protocol/proxy-header.ts';
import type { PoolTarget } from '../upstream/pool.ts';
import type { ClientHeader } from './client-header.ts';
import type { TargetDial } from './dial-target.ts';
import type { SessionRecord, SessionSnapshot, SessionState } from './session-events.ts';
import type { SessionRoute } from './session-route.ts';

/** Where a session is in its life. Each phase holds what can be stopped in it. */
type Phase =
  | { readonly name: 'accepted' }
  | { readonly name: 'reading header'; readonly header: ClientHeader }
  | { readonly name: 'dialing'; readonly dial: TargetDial }
  | { readonly name: 'relaying'; readonly relay: Relay }
  | { readonly name: 'ended' };

type Conveyed = Extract<ProxyHeader, { kind: 'proxied' }>;

const accepted: Phase = { name: 'accepted' };
const ended: Phase = { name: 'ended' };

/** One client connection from accept to close. The story is told in run-session.ts; this is what is known of it. */
export class Session implements Slotted, PossibleLoop {
  slot = -1;
  readonly id: number;
  readonly route: SessionRoute;
  readonly client: Leg;
  /** Why it ended; the first cause wins. */
  reason: CloseReason | undefined = undefined;
  error: Error | undefined = undefined;
  /** What a PROXY header has said of the client. */
  conveyed: Conveyed | undefined = undefined;
  /** The target that it is with, or tried last. */
  target: PoolTarget | null = null;
  /** Where the client comes from, for limits and balancing; left out until it is admitted. */
  source: Ip | undefined = undefined;
  /** Who has connected, whatever its PROXY header says; left out until it is admitted. */
  private peer: Ip | undefined = undefined;
  private loop: 'no' | 'possible' = 'no';
  private tries = 0;
  /** The admission that has counted it in. */
  private admission: Admission | null = null;
  /** The target whose counts it is in. */
  private counted: PoolTarget | null = null;
  /** The target whose dials under way it is in. */
  private dialed: PoolTarget | null = null;
  /** performance.now(), milliseconds. */
  private readonly startedAt: number;
  /** Milliseconds that its PROXY header took. */
  private headerTime = 0;
  private readonly engine: Engine;
  private phase: Phase = accepted;
  private dialTime: number | undefined = undefined;
  private relay: Relay | undefined = undefined;
  private remote: SocketAddress | undefined = undefined;

  /** `now`: when the client came, performance.now(), milliseconds. */
  constructor(id: number, route: SessionRoute, client: Leg, engine: Engine, now: number) {
    this.id = id;
    this.startedAt = now;
    this.route = route;
    this.client = client;
    this.engine = engine;
  }

  get listener(): PlannedListener {
    return this.route.listener;
  }

  /** Milliseconds since the epoch, by what the clock says now: it is asked for seldom. */
  get started(): number {
    return Math.ceil(Date.now() - this.age());
  }

  /** Bytes delivered, both ways. */
  get moved(): number {
    return this.relay === undefined ? 0 : this.relay.bytesToTarget + this.relay.bytesToClient;
  }

  /** Milliseconds since accept. */
  age(): number {
    return performance.now() - this.startedAt;
  }

  /** Who the client is. The kernel is asked once, and must be while the leg lives: a closed socket has no peer. */
  identify(): SocketAddress {
    this.remote ??= this.client.remote;
    return this.remote;
  }

  /** Milliseconds since its first dial began. */
  dialAge(): number {
    return this.age() - this.headerTime;
  }

  /** Its target has sent a byte. A loop ends nowhere, so no byte comes back in one. */
  get answered(): boolean {
    return this.relay !== undefined && this.relay.bytesToClient > 0;
  }

  /** It is counted in, and leaves when it ends. `source` and `peer` as in `admit`; `first` is the target that it tries first. */
  admitted(source: Ip, peer: Ip, first: PoolTarget | 'no target'): void {
    this.source = source;
    this.peer = peer;
    if (first !== 'no target' && this.route.loops.mayLoop(peer, first.ip)) this.mayBeLoop();
    this.admission = this.route.admission;
    if (this.phase.name === 'reading header') this.headerTime = this.age();
  }

  readingHeader(header: ClientHeader): void {
    this.phase = { name: 'reading header', header };
  }

  /** Who the client is, and where it meant to go, as a PROXY header says. */
  conveys(header: ProxyHeader): void {
    if (header.kind === 'local') return;
    this.conveyed = header;
    const { ip, port } = header.source;
    this.remote = { address: formatIp(ip), port };
  }

  /** It is with `target` now, and no longer with the one before. */
  chosen(target: PoolTarget): void {
    this.leaveTarget();
    this.target = target;
    this.tries += 1;
    this.counted = target;
    this.route.pool.enter(target);
    this.dialed = target;
    this.route.admission.enterTarget(target, performance.now());
  }

  /** The dial of its target is over. */
  dialEnded(outcome: 'answer' | 'no answer', now: number): void {
    const { dialed } = this;
    if (dialed === null) return;
    this.dialed = null;
    this.route.admission.endDial(dialed, outcome, now);
  }

  /** It is not with its target any more. */
  leaveTarget(): void {
    const { counted } = this;
    if (counted === null) return;
    this.counted = null;
    this.route.pool.leave(counted);
    this.route.admission.leaveTarget(counted);
  }

  dialing(dial: TargetDial): void {
    this.phase = { name: 'dialing', dial };
  }

  /** No connection was made, which could be the next session of a loop. */
  reachedNobody(): void {
    if (this.loop === 'possible') this.route.loops.release(this);
    this.loop = 'no';
  }

  /** Its target has answered. */
  reached(): void {
    const now = performance.now();
    this.dialTime = now - this.startedAt;
    this.dialEnded('answer', now);
    if (this.target !== null) this.route.pool.succeeded(this.target, now);
  }

  /** Only now is known where a name, or another target than the first, has led to: maybe to the client's own host. */
  mayRelay(leg: Leg): boolean {
    const { peer, target, route } = this;
    if (this.loop === 'possible' || peer === undefined) return true;
    if (peer !== (target?.ip ?? leg.ip) || !route.loops.mayLoop(peer, peer)) return true;
    if (!route.loops.hasRoom(performance.now())) return false;
    this.mayBeLoop();
    return true;
  }

  relaying(relay: Relay): void {
    this.relay = relay;
    this.phase = { name: 'relaying', relay };
  }

  /** Ends the session now, whatever it is doing; both legs are reset. */
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

  /** A bug of ours ends it, whatever the reason was till then: it must not go by without its stack. */
  failed(error: unknown): void {
    this.reason = 'internal';
    this.error = error instanceof Error ? error : new Error(String(error));
    try {
      this.identify();
      this.kill('internal');
    } catch {
      // What has failed may fail again while it is closed; its descriptor is closed then.
    }
  }

  /** The client is not there any more, before a relay has begun. */
  clientGone(): void {
    if (this.client.bug === undefined) this.kill('client reset');
    else this.failed(this.client.bug);
  }

  ended(): void {
    this.phase = ended;
    const now = performance.now();
    this.dialEnded('no answer', now);
    this.leaveTarget();
    if (this.loop === 'possible') this.route.loops.leave(this, now);
    if (this.relay !== undefined && !this.answered && this.peer !== undefined)
      this.route.quickEnds.ended(this.peer, this.age(), now);
    this.admission?.leave(this.source, now);
    this.admission = null;
  }

  snapshot(): SessionSnapshot {
    const { listener, relay } = this;
    return {
      id: this.id,
      state: this.state,
      service: listener.name,
      host: listener.host,
      listener: listener.key,
      client: clientOf(this),
      target: targetOf(this),
      bytesToTarget: relay?.bytesToTarget ?? 0,
      bytesToClient: relay?.bytesToClient ?? 0,
      heldToTarget: relay?.heldToTarget ?? 0,
      heldToClient: relay?.heldToClient ?? 0,
      started: this.started,
    };
  }

  record(): SessionRecord {
    const { listener, relay } = this;
    return {
      id: this.id,
      service: listener.name,
      host: listener.host,
      listener: listener.key,
      client: clientOf(this),
      target: targetOf(this),
      bytesToTarget: relay?.bytesToTarget ?? 0,
      bytesToClient: relay?.bytesToClient ?? 0,
      started: this.started,
      reason: this.reason ?? 'internal',
      duration: this.age(),
      dialTime: this.dialTime,
      tries: this.tries,
      error: this.error,
    };
  }

  private mayBeLoop(): void {
    this.loop = 'possible';
    this.route.loops.enter(this);
  }

  private get state(): SessionState {
    const { phase, relay } = this;
    if (relay !== undefined) return relay.state === 'closed' ? 'closing' : relay.state;
    return phase.name === 'reading header' ? 'reading header' : 'dialing';
  }
}

/** `unknown` where the client had reset before the kernel was asked. */
function clientOf(session: Session): string {
  const { address, port } = session.identify();
  return address === '' ? 'unknown' : formatEndpoint(address, port);
}

function targetOf({ target, listener }: Session): string {
  const { host, port } = target?.planned ?? listener.pool.targets[0];
  return formatEndpoint(host, port);
}
