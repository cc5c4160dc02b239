/** Test files that need koffi, loaded or to compile: patterns from the root of the project. */
export const koffiTests: readonly string[] = [
  'test/libc/**',
  'test/engine/splice/**',
  'test/engine/{find-splice,held-bytes,send-queues}.test.ts',
  'test/engine/stream/unsent-bytes.test.ts',
  'test/contract/{splice,stream}-engine.test.ts',
  'test/session/counts.test.ts',
  'test/cli/{entry,main,gateway-commands}.test.ts',
  'test/bench/against/refused.test.ts',
];
