import { readFileSync } from 'node:fs';
import type { SocketAddress } from '../../base/address.ts';
import type {
  Dial,
  DialOptions,
  Engine,
  Leg,
  ListenAddress,
  Listening,
  ListenOptions,
  Relay,
  RelayOptions,
} from '../engine.ts';
import { findNodeInternals } from './node-internals.ts';
import { SendQueues } from './send-queues.ts';
import { SpareBuffers } from './spare-buffers.ts';
import { StreamDial } from './stream-dial.ts';
import { StreamDoor } from './stream-door.ts';
import { type LegIo, StreamLeg } from './stream-leg.ts';
import { StreamRelay } from './stream-relay.ts';
import { Sweeper } from './sweeper.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface StreamEngineOptions {
  /** Clients that may wait at the limit. */
  readonly waitingRoom: number;
  /** `public` keeps off Node's private properties even where they are there; `auto` uses them where found. */
  readonly reads?: 'auto' | 'public';
}

/**
 * A read takes this many bytes at most. With the head (64 KiB) that came before it, it is what a direction can hold:
 * no more than 256 KiB. Larger reads cost less per byte: 64 KiB took a sixth more CPU per GB.
 */
const readBufferSize = 192 * 1024;

/** The portable engine: pipes between sockets of node:net. */
export class StreamEngine implements Engine {
  readonly name = 'stream';
  private readonly io: LegIo;
  private readonly waitingRoom: WaitingRoom;
  /** Two, because a sweeper's tick suits its most urgent item: a short dial must not have all relays looked at. */
  private readonly dialSweeper = new Sweeper();
  private readonly relaySweeper = new Sweeper();
  private readonly sendQueues = new SendQueues();

  constructor(options: StreamEngineOptions) {
    this.io = {
      internals: options.reads === 'public' ? null : findNodeInternals(),
      readBuffer: Buffer.allocUnsafeSlow(readBufferSize),
      spares: new SpareBuffers(readBufferSize),
      reads: 0,
      firstEphemeralPort: readFirstEphemeralPort(),
    };
    this.waitingRoom = new WaitingRoom(options.waitingRoom);
  }

  listen(at: ListenAddress, options: ListenOptions): Promise<Listening> {
    return StreamDoor.open(at, options, this.io, this.waitingRoom);
  }

  dial(to: SocketAddress, options: DialOptions): Dial {
    return new StreamDial(to, options, this.io, this.dialSweeper);
  }

  relay(client: Leg, target: Leg, options: RelayOptions): Relay {
    return new StreamRelay(own(client), own(target), options, this.relaySweeper, this.sendQueues);
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
    this.sendQueues.close();
  }
}

/** The lower end of ip_local_port_range (ip(7)); where it cannot be read, the lowest that any system uses. */
function readFirstEphemeralPort(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1'), 10);
  } catch {
    return 1024;
  }
}

function own(leg: Leg): StreamLeg {
  if (leg instanceof StreamLeg) return leg;
  throw new TypeError('Cannot use a leg of another engine');
}
