import { beforeDeadline } from './before-deadline.ts';
import type { End } from './end.ts';
import type { Outcome } from './outcome.ts';
import { earlySteps, type Sequence, type Side, type Step } from './sequence.ts';
import { SessionRecord } from './session-record.ts';
import type { Connected, Joined, Wire } from './wire.ts';

/**
 * Does the steps of `sequence` in a new session over `wire`, ends it, and waits until both ends and the relay are
 * closed.
 */
export async function perform(sequence: Sequence, wire: Wire): Promise<Outcome> {
  let connected: Connected | undefined;
  let joined: Joined | undefined;
  const early = earlySteps(sequence);
  const story = async (): Promise<Outcome> => {
    connected = await wire.connect();
    connected.client.socket.resume();
    for (const step of early) await doEarly(step, connected);
    joined = await connected.join();
    joined.target.socket.resume();
    const record = new SessionRecord(joined, sequence);
    for (const step of sequence.steps.slice(early.length)) await doStep(step, joined, record);
    await windDown(joined, sequence.finishesFirst, record);
    return record.outcome(await joined.relay?.done);
  };
  try {
    return await beforeDeadline(story(), () => stateOf(connected, joined));
  } finally {
    connected?.client.socket.destroy();
    joined?.target.socket.destroy();
  }
}

async function doEarly(step: Step, { client }: Connected): Promise<void> {
  if (step.does === 'turns') await turns(step.count);
  else if (step.does === 'finish' && client.open) client.finish();
  else if (step.does === 'write' && client.open) client.write(step.bytes);
}

async function doStep(step: Step, joined: Joined, record: SessionRecord): Promise<void> {
  if (step.does === 'turns') return turns(step.count);
  const end = joined[step.side];
  const other = otherThan(end, joined);
  if (end.isOver) return;
  if (step.does === 'write' && end.open) end.write(step.bytes);
  else if (step.does === 'pause') end.socket.pause();
  else if (step.does === 'resume') end.socket.resume();
  else if (step.does === 'finish' && end.open) record.finish(end);
  else if (step.does === 'reset' && end.canReset) record.leave(end, () => end.reset());
  else if (step.does === 'abort') record.leave(end, () => end.abort());
  else if (step.does === 'barrier') await barrier(end, other);
}

/**
 * Waits until `other` has seen all that `end` has sent, the FIN included. Nothing is certain once an end has left.
 */
async function barrier(end: End, other: End): Promise<void> {
  if (end.left !== 'stays' || other.isOver) return;
  other.socket.resume();
  const hasAll = (): boolean => other.received >= end.sent && (!end.finished || other.ending !== 'nothing');
  await other.until(() => other.isOver || !other.exact || hasAll());
}

/** Both read on; an end that is still open finishes, one after the other's end was seen. */
async function windDown(joined: Joined, finishesFirst: Side, record: SessionRecord): Promise<void> {
  const first = joined[finishesFirst];
  const second = otherThan(first, joined);
  for (const end of [first, second]) if (!end.isOver) end.socket.resume();
  for (const end of [first, second]) {
    const other = otherThan(end, joined);
    if (other.finished || other.left !== 'stays') await end.until(() => end.isOver || end.ending !== 'nothing');
    if (end.open) record.finish(end);
  }
  await Promise.all([first.until(() => first.closed), second.until(() => second.closed)]);
}

function otherThan(end: End, { client, target }: Joined): End {
  return end === client ? target : client;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function stateOf(connected: Connected | undefined, joined: Joined | undefined): string {
  const ends = [connected?.client, joined?.target].filter((end) => end !== undefined);
  const states = ends.map((end) => {
    const { side, ending, sent, received, closed } = end;
    return `${side}: saw ${ending}, sent ${sent}, received ${received}, ${closed ? 'closed' : 'not closed'}`;
  });
  const { relay } = joined ?? {};
  if (relay !== undefined) states.push(`relay: ${relay.state}, ${relay.heldToTarget} + ${relay.heldToClient} held`);
  return states.join('; ');
}
