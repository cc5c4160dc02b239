/**
 * Vitest setup file: takes away what the caller's environment would change in floatgate and in the programs beside it.
 * FLOATGATE_SEED repeats a run of random sessions; FLOATGATE_TEST_ENGINE comes from vitest.config.ts.
 */
const foreign =
  /^(FLOATGATE_(?!SEED$|TEST_ENGINE$)|(NO|FORCE)_COLOR$|CLICOLOR|COLUMNS$|LINES$|UV_|NODE_(OPTIONS|DEBUG)$|LC_|LANG)/;

for (const name of Object.keys(process.env)) if (foreign.test(name)) delete process.env[name];
// Messages of other programs in English, text in UTF-8.
process.env.LC_ALL = 'C.UTF-8';
// Gateways that tests start have no control socket, and leave no folder for one, but where a test names its place.
process.env.FLOATGATE_CONTROL = 'off';
