import { allowedEndings, allowedReasons, leastReceived } from './model.ts';
import type { EndOutcome, Outcome } from './outcome.ts';

/** What is wrong with a session, in words; nothing where the model allows all of it. */
export function faultsOf({ client, target, relay }: Outcome): readonly string[] {
  const faults = [...faultsOfEnd('client', client, target), ...faultsOfEnd('target', target, client)];
  if (relay === undefined) return faults;
  const reasons = allowedReasons(client, target);
  if (!reasons.has(relay.reason)) faults.push(`the reason is '${relay.reason}', not ${oneOf(reasons)}`);
  faults.push(...faultsOfCount('to the target', relay.bytesToTarget, client, target));
  faults.push(...faultsOfCount('to the client', relay.bytesToClient, target, client));
  return faults;
}

function faultsOfEnd(name: string, me: EndOutcome, other: EndOutcome): string[] {
  const { passage } = me;
  const faults: string[] = [];
  const endings = allowedEndings(me, other);
  if (!endings.has(me.saw)) faults.push(`the ${name} saw ${me.saw}, not ${oneOf(endings)}`);
  if (!me.exact) faults.push(`what the ${name} received is not what was sent`);
  const least = leastReceived(me, other, passage, me.saw, me.input);
  if (me.received < least) faults.push(`the ${name} received ${me.received} bytes, at least ${least} are due`);
  if (me.received > passage.sent) faults.push(`the ${name} received ${me.received} bytes of ${passage.sent}`);
  return faults;
}

function faultsOfCount(way: string, count: number, from: EndOutcome, to: EndOutcome): string[] {
  const fits = count >= to.received && count <= from.sent;
  return fits ? [] : [`the relay counts ${count} bytes ${way}: ${from.sent} were sent, ${to.received} arrived`];
}

/** What differs between wires that carried the same sequence, of all that must be the same without reset and abort. */
export function differencesOf(outcomes: ReadonlyMap<string, Outcome>): readonly string[] {
  const [first, ...others] = [...outcomes].map(([name, outcome]) => ({ name, seen: seenBy(outcome) }));
  const differences = others
    .filter(({ seen }) => seen !== first?.seen)
    .map(({ name, seen }) => `${name} and ${first?.name} differ: ${seen}; ${first?.seen}`);
  const reasons = new Set([...outcomes.values()].map(determinedReason).filter((reason) => reason !== undefined));
  if (reasons.size > 1) differences.push(`the reasons differ: ${[...reasons].join(', ')}`);
  return differences;
}

function seenBy({ client, target }: Outcome): string {
  return [client, target].map(({ received, saw }) => `${received} bytes, ${saw}`).join('; ');
}

/** The reason, where which FIN came first is known. */
function determinedReason({ client, target, relay }: Outcome): string | undefined {
  return allowedReasons(client, target).size === 1 ? relay?.reason : undefined;
}

function oneOf(allowed: ReadonlySet<string>): string {
  return [...allowed].map((one) => `'${one}'`).join(' or ');
}
