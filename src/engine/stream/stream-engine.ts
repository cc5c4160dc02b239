import type { SocketAddress } from '../../base/address.ts';
import { crash } from '../crashable.ts';
import type {
  Dial,
  DialOptions,
  Engine,
  EngineLimits,
  HeadOptions,
  HeadReading,
  Leg,
  ListenAddress,
  Listening,
  ListenOptions,
  Relay,
  RelayOptions,
} from '../engine.ts';
import { HeldBytes } from '../held-bytes.ts';
import { LegHead } from '../leg-head.ts';
import { LegRelay } from '../leg-relay.ts';
import type { MakeDirection } from '../relayed-leg.ts';
import { Sweeper } from '../sweeper.ts';
import { Direction } from './direction.ts';
import { LegContext, type LegContextOptions, legShare } from './leg-context.ts';
import { StreamAcceptor } from './stream-acceptor.ts';
import { StreamDial } from './stream-dial.ts';
import { StreamLeg } from './stream-leg.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface StreamEngineOptions extends LegContextOptions {
  /** Clients that may wait for room. */
  readonly waitingRoom: number;
  /** Bytes that all sessions together may hold in memory, beside the least each way; no bound where absent. */
  readonly memory?: number;
}

/** The portable engine: relays between sockets of node:net. */
export class StreamEngine implements Engine {
  readonly name = 'stream';
  private readonly legs: LegContext;
  private readonly waitingRoom: WaitingRoom;
  private readonly held: HeldBytes;
  /** Two, because a sweeper's tick suits its most urgent item: a short dial must not have all relays looked at. */
  private readonly dialSweeper = new Sweeper();
  private readonly relaySweeper = new Sweeper();

  constructor(options: StreamEngineOptions) {
    this.held = new HeldBytes(options.memory ?? Number.POSITIVE_INFINITY, legShare);
    this.legs = new LegContext(options, this.held);
    this.waitingRoom = new WaitingRoom(options.waitingRoom);
  }

  listen(at: ListenAddress, options: ListenOptions): Promise<Listening> {
    return StreamAcceptor.open(at, options, { legs: this.legs, waitingRoom: this.waitingRoom });
  }

  dial(to: SocketAddress, options: DialOptions): Dial {
    return new StreamDial(to, options, this.legs, this.dialSweeper);
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
    return new LegRelay(own(client), own(target), options, this.relaySweeper, makeDirection);
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

  configure({ waitingRoom, memory }: EngineLimits): void {
    this.waitingRoom.capacity = waitingRoom;
    this.held.update(memory);
  }

  shutDown(): void {
    this.dialSweeper.close();
    this.relaySweeper.close();
    this.legs.sendQueues.close();
  }
}

const makeDirection: MakeDirection<StreamLeg> = (from, to, owner) => new Direction(from, to, owner);

function own(leg: Leg): StreamLeg {
  if (leg instanceof StreamLeg) return leg;
  throw new TypeError('Cannot use a leg of another engine');
}
