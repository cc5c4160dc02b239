import { bulkBothWays, bulkOneWay } from './bulk.ts';
import { connections } from './connections.ts';
import { idle } from './idle.ts';
import { keepAlive } from './keep-alive.ts';
import { pingPong } from './ping-pong.ts';
import type { Scenario } from './scenario.ts';

/** In the order in which they run and are shown. */
export const scenarios: readonly Scenario[] = [keepAlive, connections, bulkOneWay, bulkBothWays, pingPong, idle];
