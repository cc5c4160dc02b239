import { Socket } from 'node:net';

/** The first Node whose V8 does not need it. */
const mendedIn = 22;
/** More than enough: V8 keeps no feedback of a function's first calls. */
const calls = 20;

/**
 * `new net.Socket(options)` copies its options by `{ ...options }` and adds to the copy. V8 11 (Node 20) gives each such
 * copy hidden classes of its own then, so that the 27 look-ups that net and stream make of it miss their inline
 * caches, for every socket: a sixth of the CPU of a short session. Once V8 has met options there that it cannot copy the
 * fast way, as those with a getter, it takes the slow one for all, whose copies share their classes. These sockets have
 * no descriptor.
 */
export function shareSocketShapes(): void {
  if (Number.parseInt(process.versions.node, 10) >= mendedIn) return;
  const options = {
    get allowHalfOpen(): boolean {
      return true;
    },
  };
  for (let call = 0; call < calls; call += 1) new Socket(options).destroy();
}
