import { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { expect, it } from 'vitest';
import { shareSocketShapes } from '../../../src/engine/stream/socket-shapes.ts';

/** What `new Socket` has made of its options, caught by a look-up that stream makes of every one. */
function copiedOptions(): object {
  const looked: object[] = [];
  Object.defineProperty(Object.prototype, 'signal', {
    configurable: true,
    get(this: object) {
      looked.push(this);
      return undefined;
    },
  });
  try {
    new Socket({ allowHalfOpen: true }).destroy();
  } finally {
    Reflect.deleteProperty(Object.prototype, 'signal');
  }
  const copy = looked.find((options) => 'decodeStrings' in options);
  if (copy === undefined) throw new Error('Cannot see the options: stream has not looked at them');
  return copy;
}

it('the options of all sockets have one hidden class, so that V8 finds their properties at once', () => {
  setFlagsFromString('--allow-natives-syntax');
  const haveSameMap = new Function('one', 'other', 'return %HaveSameMap(one, other)');
  // As the gateway does: V8 keeps no feedback of the first calls.
  for (let socket = 0; socket < 50; socket += 1) new Socket({ allowHalfOpen: true }).destroy();
  shareSocketShapes();
  expect(haveSameMap(copiedOptions(), copiedOptions())).toBe(true);
});
