import type { Forwarder } from '../forwarders/forwarder.ts';
import type { Children } from '../process/children.ts';
import type { Layout } from '../stress/layout.ts';
import type { Starter } from '../stress/start-up.ts';

/** Those of the forwarders that can open all listeners of a layout in one process. */
export function peerStarters(
  forwarders: readonly Forwarder[],
  { listeners, targets }: Layout,
  children: Children,
): Starter[] {
  const mappings = listeners.flatMap((listen, index) => {
    const target = targets[index];
    return target === undefined ? [] : [{ listen, target }];
  });
  return forwarders.flatMap((forwarder) => {
    const command = forwarder.kind === 'program' ? forwarder.commandForMany?.(mappings) : undefined;
    if (command === undefined) return [];
    const [program, ...args] = command;
    return [{ name: forwarder.name, spawn: () => children.spawn(program, args, ['ignore', 'ignore', 'pipe']) }];
  });
}
