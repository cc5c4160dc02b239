import type { CloseReason } from '../../../src/base/close-reason.ts';
import type { Ending } from '../peer.ts';
import type { Side } from './sequence.ts';

/** What one end did, and what it could know then: all that the model needs. */
export interface Deeds {
  /** It reset or aborted while its socket was open; or it stayed until both directions had ended or it was reset. */
  readonly left: 'stays' | 'resets' | 'aborts';
  /** A FIN of its own, by a finish before it left, if it left; `seen`: the other end had seen it by then. */
  readonly fin: 'none' | 'unseen' | 'seen';
  /** It had seen the other end's FIN before it sent its own (by a finish, or by an abort). */
  readonly finCame: 'after the other' | 'before or at once';
  /** Bytes for it were on the way when it left, or came later. */
  readonly owed: 'something' | 'nothing';
}

export type Seen = Ending | 'nothing';

/**
 * What `me` may have seen first.
 *
 *     the other end ...        I stay          I leave
 *     stays                    end             nothing or end
 *     resets, no FIN           reset           nothing or reset
 *     resets, FIN unseen       end or reset    nothing, end or reset
 *     aborts, owed nothing     end             nothing or end
 *     aborts, owed something   end or reset    nothing, end or reset
 *     leaves, FIN seen         end             end
 *
 * A FIN that has been seen is what was seen first, whatever follows. An abort is a close(2): a FIN where nothing is
 * unread, and a RST when something is or arrives later; both are possible then, and the FIN may be seen before the RST.
 */
export function allowedEndings(me: Deeds, other: Deeds): ReadonlySet<Seen> {
  const allowed = new Set<Seen>(signsOf(other));
  if (me.left !== 'stays' && other.fin !== 'seen') allowed.add('nothing');
  return allowed;
}

function signsOf({ left, fin, owed }: Deeds): readonly Ending[] {
  if (left === 'stays' || fin === 'seen') return ['end'];
  if (left === 'resets') return fin === 'none' ? ['reset'] : ['end', 'reset'];
  return owed === 'nothing' ? ['end'] : ['end', 'reset'];
}

/**
 * What an engine may give as the reason of a session.
 *
 *     '... closed' ... both ends sent a FIN: named after the one that came first, or either where that is open
 *     '... reset' .... that end reset, or aborted while it was owed something
 *
 * A reset after a FIN may go unnoticed: Node looks no more at a socket that has ended until it writes to it. An end
 * that resets without a FIN leaves but one reason.
 */
export function allowedReasons(client: Deeds, target: Deeds): ReadonlySet<CloseReason> {
  const allowed = new Set<CloseReason>();
  if (mayFinish(client) && mayFinish(target))
    for (const side of firstFin(client, target)) allowed.add(`${side} closed`);
  if (mayReset(client)) allowed.add('client reset');
  if (mayReset(target)) allowed.add('target reset');
  return allowed;
}

function mayFinish({ left, fin }: Deeds): boolean {
  return left !== 'resets' || fin !== 'none';
}

function mayReset({ left, owed }: Deeds): boolean {
  return left === 'resets' || (left === 'aborts' && owed === 'something');
}

function firstFin(client: Deeds, target: Deeds): readonly Side[] {
  if (target.finCame === 'after the other') return ['client'];
  return client.finCame === 'after the other' ? ['target'] : ['client', 'target'];
}

/** Bytes on their way from one end to the other, as figures. */
export interface Passage {
  /** All that the sender wrote. */
  readonly sent: number;
  /** What of it the sender's kernel had taken when the sender left; all of it when it stayed. */
  readonly taken: number;
  /** What had been acknowledged to the sender's kernel by then; 0 where that was not looked up. */
  readonly acknowledged: number;
  /** What had arrived, or had been read by the gateway, by then. */
  readonly read: number;
}

/**
 * How many bytes `me` must have received at least.
 *
 *     I leave ............................... none are due
 *     the other end stays ................... all
 *     it leaves, and I saw an end ........... all that its kernel had taken: the FIN is sent behind that
 *     it resets, with nothing due to it ..... all that had been acknowledged: what a kernel has is still read
 *     it leaves otherwise ................... all that had been read: a failed write to it may cost what was not
 *     one of my own writes failed ........... none: my kernel's input went with it
 */
export function leastReceived(me: Deeds, other: Deeds, passage: Passage, saw: Seen, input: 'kept' | 'lost'): number {
  if (me.left !== 'stays') return 0;
  if (other.left === 'stays') return passage.sent;
  if (saw === 'end') return passage.taken;
  if (input === 'lost') return 0;
  return other.owed === 'nothing' ? Math.max(passage.acknowledged, passage.read) : passage.read;
}
