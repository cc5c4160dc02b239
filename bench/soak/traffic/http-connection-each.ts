import type { Entry } from '../book.ts';
import type { World } from '../world.ts';
import { ask } from './http-request.ts';
import { routeOf } from './route-of.ts';

/** A connection for one request. */
export async function httpConnectionEach(world: World, entry: Entry): Promise<void> {
  const door = world.door(world.layout.http, entry);
  await world.pause(world.random(entry).whole(10, 200));
  await ask(world, entry, door, false, { toTarget: 0, toClient: 0 }, (socket) => routeOf(socket, door, entry));
}
