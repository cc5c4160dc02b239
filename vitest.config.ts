import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const common = {
  environment: 'node',
  testTimeout: 30_000,
  hookTimeout: 60_000,
  dangerouslyIgnoreUnhandledErrors: false,
};

/**
 * Tests of the installed command; `engine` is the one that `auto` takes there. Vitest runs their files, of all such
 * projects, one at a time: they look for free ports, and measure time.
 */
const installed = (name: string, engine: 'stream' | 'splice', include: string[], exclude: string[]) => ({
  test: {
    ...common,
    name,
    include,
    exclude,
    setupFiles: ['test/helpers/fail-on-warnings.ts'],
    globalSetup: ['test/helpers/packed-gateway.ts'],
    env: { FLOATGATE_TEST_ENGINE: engine },
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});

/** What is the same over every engine, and tested once. */
const onceOnly = [
  'test/e2e/{fail-on-warnings,package,usage}.test.ts',
  'test/lab/{auto-subnet,guard}.test.ts',
  'test/faults/{killed-run,soak-records}.test.ts',
];

export default defineConfig({
  test: {
    setupFiles: [],
    // On two cores, too, two at a time: many of these tests wait.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: [
            'test/{base,libc,proxy-protocol,config,plan,engine,upstream,policy,session,observe,cloud,gateway,demo,cli,contract,layers,bench,manual}/**/*.test.ts',
          ],
          setupFiles: ['test/helpers/fail-on-warnings.ts'],
        },
      },
      {
        // The gateway's own tests once more, over the other engine.
        test: {
          ...common,
          name: 'splice',
          include: ['test/gateway/**/*.test.ts'],
          setupFiles: ['test/helpers/fail-on-warnings.ts'],
          env: { FLOATGATE_TEST_ENGINE: 'splice' },
        },
      },
      // The tarball installed without koffi, and with it.
      installed('e2e', 'stream', ['test/{e2e,lab,faults}/**/*.test.ts'], ['test/**/splice/**']),
      installed('e2e-splice', 'splice', ['test/{e2e,lab,faults}/**/*.test.ts'], ['test/**/stream/**', ...onceOnly]),
    ],
  },
});
