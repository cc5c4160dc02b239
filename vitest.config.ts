import { defineConfig } from 'vitest/config';

const common = {
  environment: 'node',
  testTimeout: 30_000,
  hookTimeout: 60_000,
  dangerouslyIgnoreUnhandledErrors: false,
};

export default defineConfig({
  test: {
    setupFiles: [],
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: [
            'test/{base,libc,config,plan,engine,upstream,policy,session,observe,cloud,gateway,demo,cli,contract,layers}/**/*.test.ts',
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
      {
        test: {
          ...common,
          name: 'e2e',
          include: ['test/{e2e,lab}/**/*.test.ts'],
          setupFiles: ['test/helpers/fail-on-warnings.ts'],
          globalSetup: ['test/helpers/packed-gateway.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
