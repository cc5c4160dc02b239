import type { SocketAddress } from '../../base/address.ts';
import type { SmallQueues } from '../../libc/small-queues.ts';
import type { UnacknowledgedBytes } from '../../libc/unacknowledged-bytes.ts';
import { crash } from '../crashable.ts';
import type {
  Dial,
  DialOptions,
  Engine,
  HeadOptions,
  HeadReading,
  Leg,
  ListenAddress,
  Listening,
  ListenOptions,
  Relay,
  RelayOptions,
} from '../engine.ts';
import { firstEphemeralPort } from '../ephemeral-ports.ts';
import { HeldBytes } from '../held-bytes.ts';
import { LegHead } from '../leg-head.ts';
import { LegRelay, type MakeDirection } from '../leg-relay.ts';
import { SendQueues } from '../send-queues.ts';
import { Sweeper } from '../sweeper.ts';
import { BusyAcceptors } from './busy-acceptors.ts';
import { Direction } from './direction.ts';
import { HeldResets } from './held-resets.ts';
import type { LegIo } from './leg-io.ts';
import { legQueues } from './leg-queues.ts';
import { findNodeInternals } from './node-internals.ts';
import { ReadBuffers } from './read-buffers.ts';
import { SendQueueTable } from './send-queue-table.ts';
import { shareSocketShapes } from './socket-shapes.ts';
import { SpareBuffers } from './spare-buffers.ts';
import { StreamAcceptor } from './stream-acceptor.ts';
import { StreamDial } from './stream-dial.ts';
import { StreamLeg } from './stream-leg.ts';
import { unsentBytes } from './unsent-bytes.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface StreamEngineOptions {
  /** Clients that may wait at the limit. */
  readonly waitingRoom: number;
  /** Bytes that all sessions together may hold in memory, beside the least each way; left out: no bound. */
  readonly memory?: number;
  /** `public` keeps off Node's private properties even where they are there; `auto` uses them where found. */
  readonly reads?: 'auto' | 'public';
  /** `none` never shuts an acceptor, as where Node does not allow it; `auto` does where it can. */
  readonly taps?: 'auto' | 'none';
  /** Where it is not there, the kernel's tables are read for it, which takes far longer with many connections. */
  readonly unacknowledged?: UnacknowledgedBytes | null;
  /** For legs beyond the budget. */
  readonly smallQueues?: SmallQueues | null;
}

/**
 * A read takes this many bytes at most. With what came before it, a head as long as may be (64 KiB and 15 bytes), and a
 * prefix, it is what a direction can hold: no more than 256 KiB. Larger reads cost less per byte: 64 KiB took a sixth
 * more CPU per GB.
 */
const readBufferSize = 188 * 1024;
/** What a leg takes of the budget: 256 KiB each way, and what the kernel queues for it, which may be more. Bytes. */
const legShare = 1024 * 1024;

/** The portable engine: pipes between sockets of node:net. */
export class StreamEngine implements Engine {
  readonly name = 'stream';
  readonly io: LegIo;
  readonly waitingRoom: WaitingRoom;
  readonly bursts = new BusyAcceptors();
  readonly taps: 'auto' | 'none';
  private readonly held: HeldBytes;
  private acceptors = 0;
  /** Two, because a sweeper's tick suits its most urgent item: a short dial must not have all relays looked at. */
  private readonly dialSweeper = new Sweeper();
  private readonly relaySweeper = new Sweeper();

  constructor(options: StreamEngineOptions) {
    shareSocketShapes();
    const internals = options.reads === 'public' ? null : findNodeInternals();
    const { unacknowledged = null } = options;
    const unsent = internals === null || unacknowledged === null ? null : unsentBytes(internals, unacknowledged);
    this.held = new HeldBytes(options.memory ?? Number.POSITIVE_INFINITY, legShare);
    const buffers = new ReadBuffers(readBufferSize, legShare, this.held);
    this.io = {
      internals,
      unsent,
      buffers,
      queues: legQueues(internals, options.smallQueues ?? null, buffers),
      spares: new SpareBuffers(readBufferSize),
      sendQueues: unsent === null ? new SendQueueTable() : new SendQueues(),
      resets: new HeldResets(),
      reads: 0,
      firstEphemeralPort: firstEphemeralPort(),
    };
    this.waitingRoom = new WaitingRoom(options.waitingRoom);
    this.taps = options.taps ?? 'auto';
  }

  listen(at: ListenAddress, options: ListenOptions): Promise<Listening> {
    this.acceptors += 1;
    return StreamAcceptor.open(at, this.acceptors, options, this);
  }

  dial(to: SocketAddress, options: DialOptions): Dial {
    return new StreamDial(to, options, this.io, this.dialSweeper);
  }

  head(leg: Leg, options: HeadOptions): HeadReading {
    const ours = own(leg);
    const head = new LegHead(ours, options, this.dialSweeper, this.held);
    try {
      ours.readHead(head);
    } catch (error) {
      crash(ours, error);
    }
    return head;
  }

  relay(client: Leg, target: Leg, options: RelayOptions): Relay {
    const [ours, theirs] = [own(client), own(target)];
    theirs.flow = ours.flow;
    return new LegRelay(ours, theirs, options, this.relaySweeper, makeDirection);
  }

  close(leg: Leg, how: 'fin' | 'rst'): void {
    if (how === 'rst') own(leg).reset();
    else own(leg).destroy();
  }

  admitWaiting(): void {
    this.waitingRoom.admit();
  }

  get waiting(): number {
    return this.waitingRoom.size;
  }

  shutDown(): void {
    this.dialSweeper.close();
    this.relaySweeper.close();
    this.io.sendQueues.close();
    this.io.resets.close();
    this.bursts.close();
  }
}

const makeDirection: MakeDirection<StreamLeg> = (from, to, owner) => new Direction(from, to, owner);

function own(leg: Leg): StreamLeg {
  if (leg instanceof StreamLeg) return leg;
  throw new TypeError('Cannot use a leg of another engine');
}
