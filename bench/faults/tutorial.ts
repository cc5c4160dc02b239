import type { Endpoint } from '../agents/endpoint.ts';
import type { StressTargets } from '../agents/stress-targets.ts';
import { Agent } from '../process/agent.ts';
import { layout } from '../stress/layout.ts';
import type { Scene } from './scene.ts';

/** The 762 listeners of the tutorial, before echo servers on 127.0.20.1-254. */
export interface Tutorial {
  /** Of `floatgate up`. */
  readonly args: readonly string[];
  /** For the neighbour. */
  readonly quiet: Endpoint;
  readonly quietTarget: Endpoint;
  /** All others. */
  readonly doors: readonly Endpoint[];
  /** Those of all others. */
  readonly targets: Agent<StressTargets>;
}

/** Starts the echo servers. */
export async function openTutorial(scene: Scene): Promise<Tutorial> {
  const { subnet, services, doors, targets } = layout();
  const [quiet, ...others] = doors;
  const [quietTarget, ...otherTargets] = targets;
  if (quiet === undefined || quietTarget === undefined) throw new Error('Cannot go on: the layout has no door');
  // In a process of its own, so that a load on the others is none on the neighbour's target.
  await scene.target({ kind: 'echo' }, [], quietTarget);
  const agent = new Agent<StressTargets>(scene.children, 'stress-targets');
  await agent.ask('listen', { at: otherTargets });
  const named = services.flatMap(({ name, base, port }) => ['--service', `${name}=${base}:${port}`]);
  return {
    args: ['up', '--subnet', subnet, '--bind', '127.0.0.1', ...named],
    quiet,
    quietTarget,
    doors: others,
    targets: agent,
  };
}
