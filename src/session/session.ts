import { performance } from 'node:perf_hooks';
import { formatEndpoint, type SocketAddress } from '../base/address.ts';
import type { CloseReason } from '../base/close-reason.ts';
import type { Slotted } from '../base/slot-list.ts';
import type { Engine, Leg, Relay } from '../engine/engine.ts';
import type { PlannedListener } from '../plan/plan.ts';
import type { TargetDial } from './dial-target.ts';
import type { SessionRecord, SessionSnapshot } from './session-events.ts';

/** Where a session is in its life. Each phase holds what can be stopped in it. */
type Phase =
  | { readonly name: 'dialing'; readonly dial: TargetDial | null }
  | { readonly name: 'relaying'; readonly relay: Relay }
  | { readonly name: 'ended' };

/** One client connection from accept to close. The story is told in run-session.ts; this is what is known of it. */
export class Session implements Slotted {
  slot = -1;
  readonly id: number;
  readonly listener: PlannedListener;
  readonly client: Leg;
  /** Milliseconds since the epoch. */
  readonly started = Date.now();
  /** Why it ended; the first cause wins. */
  reason: CloseReason | undefined;
  error: Error | undefined;
  private readonly startedAt = performance.now();
  private readonly engine: Engine;
  private phase: Phase = { name: 'dialing', dial: null };
  private dialTime: number | undefined;
  private relay: Relay | undefined;
  private remote: SocketAddress | undefined;

  constructor(id: number, listener: PlannedListener, client: Leg, engine: Engine) {
    this.id = id;
    this.listener = listener;
    this.client = client;
    this.engine = engine;
  }

  /** Who the client is. The kernel is asked once, and must be while the leg lives: a closed socket has no peer. */
  identify(): SocketAddress {
    this.remote ??= this.client.remote;
    return this.remote;
  }

  dialing(dial: TargetDial): void {
    this.phase = { name: 'dialing', dial };
  }

  relaying(relay: Relay): void {
    this.dialTime = performance.now() - this.startedAt;
    this.relay = relay;
    this.phase = { name: 'relaying', relay };
  }

  /** Ends the session now, whatever it is doing; both legs are reset. */
  kill(reason: CloseReason): void {
    if (this.phase.name === 'ended') return;
    this.reason ??= reason;
    if (this.phase.name === 'relaying') this.phase.relay.kill(reason);
    else {
      this.phase.dial?.cancel();
      this.engine.close(this.client, 'rst');
    }
  }

  ended(): void {
    this.phase = { name: 'ended' };
  }

  snapshot(): SessionSnapshot {
    const { listener, relay } = this;
    return {
      id: this.id,
      state: relay === undefined ? 'dialing' : relay.state === 'closed' ? 'closing' : relay.state,
      service: listener.name,
      host: listener.host,
      listener: listener.key,
      client: clientOf(this),
      target: targetOf(listener),
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
      target: targetOf(listener),
      bytesToTarget: relay?.bytesToTarget ?? 0,
      bytesToClient: relay?.bytesToClient ?? 0,
      started: this.started,
      reason: this.reason ?? 'internal',
      duration: performance.now() - this.startedAt,
      dialTime: this.dialTime,
      error: this.error,
    };
  }
}

function clientOf(session: Session): string {
  const { address, port } = session.identify();
  return formatEndpoint(address, port);
}

function targetOf(listener: PlannedListener): string {
  const [target] = listener.targets;
  return formatEndpoint(target.host, target.port);
}
