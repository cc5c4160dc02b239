import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration } from '../base/duration.ts';
import type { MachineFacts } from '../base/machine-facts.ts';
import { isMissing } from '../base/probe-address.ts';
import type { LoadedConfig } from '../config/read-config.ts';
import { findProblems } from '../plan/build-plan.ts';
import { listenAddresses } from '../plan/listener-group.ts';

export interface NetworkWait {
  /** The machine as it was a moment ago. */
  readonly facts: MachineFacts;
  /** The same as it is now. */
  readFacts(): MachineFacts;
  /** Gets a line at the first look, and every 5 s. */
  onWait(line: string): void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Whether an interface has yet to bring up an address. */
  readonly missing?: (address: string) => boolean;
}

export type NetworkUp =
  /** Nothing is missing that waiting could bring; the plan reports other problems. */
  | { readonly kind: 'up'; readonly facts: MachineFacts }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'stopped' };

/** Milliseconds between two looks. */
const pause = 250;
/** Looks from one line to the next: 5 s. */
const quietLooks = 20;

/**
 * Waits until `subnet: auto` finds a network and an interface has each address to listen on, for at most
 * `timeouts.network`. `up` at once where that is 0, or where nothing is missing that could come by itself.
 */
export async function networkUp(loaded: LoadedConfig, wait: NetworkWait): Promise<NetworkUp> {
  const { network: timeout } = loaded.config.timeouts;
  const deadline = performance.now() + timeout;
  const limit = formatDuration(timeout);
  let { facts } = wait;
  for (let look = 0; ; look += 1) {
    if (wait.signal.aborted) return { kind: 'stopped' };
    const missing = timeout === 0 ? undefined : whatIsMissing(loaded, facts, wait.missing ?? isMissing);
    if (missing === undefined) return { kind: 'up', facts };
    const rest = deadline - performance.now();
    if (rest <= 0) return { kind: 'failed', message: gaveUp(missing, limit) };
    if (look % quietLooks === 0) wait.onWait(`The network is not up: ${missing}; waiting for at most ${limit}`);
    try {
      await delay(Math.min(pause, rest), undefined, { signal: wait.signal });
    } catch {
      return { kind: 'stopped' };
    }
    facts = wait.readFacts();
  }
}

function whatIsMissing(
  loaded: LoadedConfig,
  facts: MachineFacts,
  missing: (address: string) => boolean,
): string | undefined {
  const problems = findProblems(loaded, facts);
  // Waiting helps none of these.
  if (problems.some(({ networkNotUp }) => networkNotUp === undefined)) return undefined;
  const unheld = listenAddresses(loaded, facts).filter((address) => missing(address));
  const unbound = unheld.length === 0 ? [] : [`no interface holds ${unheld.join(', ')} to listen on`];
  const [first] = [...problems.flatMap(({ networkNotUp = [] }) => networkNotUp), ...unbound];
  return first;
}

function gaveUp(missing: string, limit: string): string {
  const advice = 'wait longer with --wait-for-network, or name subnet and addresses that are there';
  return `Cannot serve: ${missing}, and gave up after ${limit}; ${advice}`;
}
