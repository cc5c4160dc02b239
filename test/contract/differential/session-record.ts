import type { CloseReason } from '../../../src/base/close-reason.ts';
import { unsent } from '../peer.ts';
import type { End } from './end.ts';
import type { Deeds, Passage } from './model.ts';
import type { EndOutcome, Outcome } from './outcome.ts';
import type { Sequence } from './sequence.ts';
import type { Joined } from './wire.ts';

interface Departure extends Omit<Passage, 'sent'> {
  readonly fin: Deeds['fin'];
  /** performance.now(), milliseconds. */
  readonly at: number;
}

/** A reset goes out at the latest 10 s after its cause, though bytes are undelivered on a stuck machine. */
const deliveredWithin = 9000;

/** Records, when an end finishes or leaves, what both ends could know then. */
export class SessionRecord {
  private readonly joined: Joined;
  private readonly asksKernel: boolean;
  private readonly finCame = new Map<End, Deeds['finCame']>();
  private readonly departures = new Map<End, Departure>();

  constructor(joined: Joined, { asksKernel }: Sequence) {
    this.joined = joined;
    this.asksKernel = asksKernel;
  }

  finish(end: End): void {
    this.noteFin(end);
    end.finish();
  }

  leave(end: End, how: () => void): void {
    const other = this.otherThan(end);
    this.noteFin(end);
    const taken = end.sent - end.socket.writableLength;
    this.departures.set(end, {
      at: performance.now(),
      fin: !end.finished ? 'none' : other.ending === 'end' ? 'seen' : 'unseen',
      taken,
      acknowledged: this.asksKernel ? taken - unsent(end.socket) : 0,
      read: Math.max(other.received, this.readByGateway(end)),
    });
    how();
  }

  outcome(reason: CloseReason | undefined): Outcome {
    const { client, target, relay } = this.joined;
    return {
      client: this.outcomeOf(client),
      target: this.outcomeOf(target),
      ...(relay !== undefined &&
        reason !== undefined && {
          relay: { reason, bytesToTarget: relay.bytesToTarget, bytesToClient: relay.bytesToClient },
        }),
    };
  }

  private outcomeOf(end: End): EndOutcome {
    const other = this.otherThan(end);
    return {
      left: end.left,
      fin: this.departures.get(end)?.fin ?? (end.finished ? 'unseen' : 'none'),
      finCame: this.finCame.get(end) ?? 'before or at once',
      owed: other.sent > end.received ? 'something' : 'nothing',
      saw: end.ending,
      sent: end.sent,
      received: end.received,
      exact: end.exact,
      input: end.inputLost ? 'lost' : 'kept',
      passage: this.passageFrom(other),
    };
  }

  private passageFrom(sender: End): Passage {
    const { sent } = sender;
    const departure = this.departures.get(sender);
    if (departure === undefined) return { sent, taken: sent, acknowledged: sent, read: sent };
    const { taken, acknowledged, read, at } = departure;
    if (performance.now() - at > deliveredWithin) return { sent, taken, acknowledged: 0, read: 0 };
    return { sent, taken, acknowledged, read };
  }

  /** The first FIN counts: an abort after a finish sends no second one. */
  private noteFin(end: End): void {
    if (this.finCame.has(end)) return;
    this.finCame.set(end, end.ending === 'end' ? 'after the other' : 'before or at once');
  }

  private readByGateway(end: End): number {
    const { client, relay } = this.joined;
    if (relay === undefined) return 0;
    return end === client ? relay.bytesToTarget + relay.heldToTarget : relay.bytesToClient + relay.heldToClient;
  }

  private otherThan(end: End): End {
    return end === this.joined.client ? this.joined.target : this.joined.client;
  }
}
