import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { koffiTests } from './test/helpers/koffi-tests.ts';

const haveKoffi = canLoadKoffi();

const common = {
  environment: 'node',
  testTimeout: 60_000,
  hookTimeout: 120_000,
  dangerouslyIgnoreUnhandledErrors: false,
  setupFiles: ['test/helpers/fail-on-warnings.ts', 'test/helpers/own-environment.ts'],
};

/** Tests in this process alone: `npm test` runs them. */
const inProcess = (name: string, include: string[], more: object = {}) => ({
  test: { ...common, name, include, exclude: [...longTests, ...(haveKoffi ? [] : koffiTests)], ...more },
});

/** Tests of the installed command; `engine` is the one that `auto` takes there. Their files run one at a time. */
const installed = (name: string, engine: 'stream' | 'splice', include: string[], exclude: string[] = []) => ({
  test: {
    ...common,
    name,
    include,
    exclude,
    globalSetup: ['test/helpers/packed-gateway.ts'],
    env: { FLOATGATE_TEST_ENGINE: engine },
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});

/** What takes longest: leaks, random sessions, and waiting for the kernel. */
const longTests = [
  'test/contract/leak.test.ts',
  'test/contract/differential/{abrupt,can-fail,clean}.test.ts',
  'test/engine/splice/{silent-peer,stopped-process}.test.ts',
  'test/upstream/silent-targets.test.ts',
];
/** Their files share a process: loading modules for each of them would take longer than most of these tests. */
const sharingTests = ['test/{base,proxy-protocol,config,plan,policy,upstream,cloud}/**/*.test.ts'];
/** The built command, in short. */
const shortTests = ['test/e2e/{mapping,shutdown}.test.ts'];
const otherTests = ['test/{e2e,lab,faults}/**/*.test.ts'];
/** What is the same over every engine, and tested once. */
const onceOnly = [
  'test/e2e/{fail-on-warnings,package,terminal,usage}.test.ts',
  'test/lab/{auto-subnet,guard}.test.ts',
  'test/faults/killed-run.test.ts',
];

export default defineConfig({
  test: {
    // On two cores, too, three at a time: many of these tests wait.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // Of the faults, which are the only tests that run side by side in a file.
    maxConcurrency: 2,
    projects: [
      // `npm test` is these four; `npm run test:all` is all of them.
      inProcess('unit', [
        'test/{admin,libc,engine,session,observe,gateway,demo,manual,cli,contract,layers,bench}/**/*.test.ts',
      ]),
      inProcess('shared', sharingTests, { isolate: false }),
      // The gateway's own tests once more, over the other engine.
      inProcess('splice', haveKoffi ? ['test/gateway/**/*.test.ts'] : [], { env: { FLOATGATE_TEST_ENGINE: 'splice' } }),
      installed('short', 'stream', shortTests),

      { test: { ...common, name: 'long', include: longTests } },
      // The tarball installed without koffi, and with it.
      installed('e2e', 'stream', otherTests, ['test/**/splice/**', ...shortTests]),
      installed('e2e-splice', 'splice', otherTests, ['test/**/stream/**', ...onceOnly]),
    ],
  },
});

/** Left out are only tests of what koffi makes possible, and those that compile: without it its types are missing. */
function canLoadKoffi(): boolean {
  try {
    createRequire(import.meta.url)('koffi');
    return true;
  } catch {
    const ci = process.env.CI !== undefined && process.env.CI !== 'false';
    const why = 'koffi, an optional package, is missing or cannot be loaded';
    if (ci) throw new Error(`Cannot run the tests in CI: ${why}`);
    console.warn(`The tests that need it are left out: ${why}`);
    return false;
  }
}
