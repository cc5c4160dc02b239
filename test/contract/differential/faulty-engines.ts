import type { CloseReason } from '../../../src/base/close-reason.ts';
import type { Engine, Relay } from '../../../src/engine/engine.ts';
import { StreamEngine } from '../../../src/engine/stream/stream-engine.ts';
import type { StreamLeg } from '../../../src/engine/stream/stream-leg.ts';

interface FaultyEngine {
  readonly fault: string;
  create(): Engine;
}

/** Engines that each do one thing wrong, to see that it is noticed. */
export const faultyEngines: readonly FaultyEngine[] = [
  { fault: 'drops a byte', create: () => withChunks((chunk) => chunk.subarray(1)) },
  { fault: 'swaps two bytes', create: () => withChunks((chunk) => chunk.subarray(0, 2).reverse() && chunk) },
  { fault: 'sends a chunk twice', create: () => withChunks((chunk) => Buffer.concat([chunk, chunk])) },
  {
    fault: 'turns a reset into an end',
    create: () =>
      withLegs((leg) => {
        leg.reset = () => leg.destroy();
      }),
  },
  {
    fault: 'turns an end into a reset',
    create: () =>
      withLegs((leg) => {
        leg.destroy = () => leg.reset();
      }),
  },
  {
    fault: 'resets before all is delivered',
    create: () =>
      withLegs((leg) => {
        leg.whenSent = (done) => done();
      }),
  },
  {
    fault: 'names the wrong end',
    create: () => withReasons((reason) => (reason === 'client closed' ? 'target closed' : reason)),
  },
  {
    fault: 'calls a reset an end',
    create: () => withReasons((reason) => (reason === 'target reset' ? 'client closed' : reason)),
  },
];

/** Every chunk of at least 1,000 bytes that a relay is given is replaced. */
function withChunks(replace: (chunk: Buffer) => Buffer): Engine {
  return withLegs((leg) => {
    const bytes = leg.bytes.bind(leg);
    leg.bytes = (buffer, length) => {
      if (length < 1000) return bytes(buffer, length);
      const chunk = replace(Buffer.from(buffer.subarray(0, length)));
      return bytes(chunk, chunk.length);
    };
  });
}

function withLegs(tamper: (leg: StreamLeg) => void): Engine {
  const engine = new StreamEngine({ waitingRoom: 8 });
  const relay = engine.relay.bind(engine);
  engine.relay = (client, target, options) => {
    tamper(client as StreamLeg);
    tamper(target as StreamLeg);
    return relay(client, target, options);
  };
  return engine;
}

function withReasons(replace: (reason: CloseReason) => CloseReason): Engine {
  const engine = new StreamEngine({ waitingRoom: 8 });
  const relay = engine.relay.bind(engine);
  engine.relay = (client, target, options): Relay => {
    const running = relay(client, target, options);
    Reflect.set(running, 'done', running.done.then(replace));
    return running;
  };
  return engine;
}
