import { bulkBothWays, bulkOneWay } from './bulk.ts';
import { connections, loggedConnections } from './connections.ts';
import { idle } from './idle.ts';
import { keepAlive } from './keep-alive.ts';
import { pingPong } from './ping-pong.ts';
import type { Scenario } from './scenario.ts';

/** In the order in which they run and are shown. */
export const plainScenarios: readonly Scenario[] = [keepAlive, connections, bulkOneWay, bulkBothWays, pingPong, idle];

/** Those of a run against peers. */
export const peerScenarios: readonly Scenario[] = [
  bulkOneWay,
  bulkBothWays,
  keepAlive,
  connections,
  loggedConnections,
  pingPong,
  idle,
];
