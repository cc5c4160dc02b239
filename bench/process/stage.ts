import type { Endpoint } from '../agents/endpoint.ts';
import { Agent, type Asks } from './agent.ts';
import type { Children } from './children.ts';
import { freeEndpoint } from './free-port.ts';

/** Where the load and the target of a scenario run. The name of an agent is that of its file in bench/agents. */
export interface Stage {
  load<A extends Asks<A>>(name: string): Agent<A>;
  target<A extends Asks<A>>(name: string): Agent<A>;
  /** Where a target may listen. */
  endpoint(): Promise<Endpoint>;
}

/** Both on this machine's loopback, as the forwarder in between. */
export function loopback(children: Children): Stage {
  return {
    load: (name) => new Agent(children, name),
    target: (name) => new Agent(children, name),
    endpoint: freeEndpoint,
  };
}
