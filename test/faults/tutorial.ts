import type { Endpoint } from '../../bench/agents/endpoint.ts';
import type { StressTargets } from '../../bench/agents/stress-targets.ts';
import { Agent } from '../../bench/process/agent.ts';
import { layout } from '../../bench/stress/layout.ts';
import type { Fixture } from './fixture.ts';

/** The 762 listeners of the tutorial, before echo servers on 127.0.20.1-254. */
export interface Tutorial {
  /** Of `floatgate up`. */
  readonly args: readonly string[];
  /** For the neighbour. */
  readonly quiet: Endpoint;
  readonly quietTarget: Endpoint;
  /** All others. */
  readonly listeners: readonly Endpoint[];
  /** Those of all others. */
  readonly targets: Agent<StressTargets>;
}

/** Starts the echo servers. */
export async function openTutorial(fixture: Fixture): Promise<Tutorial> {
  const { subnet, services, listeners, targets } = await layout();
  const [quiet, ...others] = listeners;
  const [quietTarget, ...otherTargets] = targets;
  if (quiet === undefined || quietTarget === undefined) throw new Error('Cannot go on: the layout has no listener');
  // In a process of its own, so that a load on the others is none on the neighbour's target.
  await fixture.target({ kind: 'echo' }, [], quietTarget);
  const agent = new Agent<StressTargets>(fixture.children, 'stress-targets');
  await agent.ask('listen', { at: otherTargets });
  const named = services.flatMap(({ name, base, port }) => ['--service', `${name}=${base}:${port}`]);
  return {
    args: ['up', '--subnet', subnet, '--bind', '127.0.0.1', ...named],
    quiet,
    quietTarget,
    listeners: others,
    targets: agent,
  };
}
