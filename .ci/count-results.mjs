// Adds up vitest's JSON reports and prints `N passed, N failed` as the last line. Fails when a test failed or was
// skipped, when a report is missing or its run failed, and when nothing ran.
// usage: count-results.mjs REPORT=EXIT-CODE...
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

let passed = 0;
let failed = 0;

/** Prints what is wrong; it counts as `count` failures. */
function complain(what, count) {
  failed += count;
  console.log(what);
}

/** A failure's message, cut where it is long: only a run's last lines may be kept, and all failures should be there. */
function short(message) {
  return message.split('\n').slice(0, 40).join('\n').slice(0, 4_000);
}

for (const argument of process.argv.slice(2)) {
  const [file, exitCode] = argument.split('=');
  const name = basename(file, '.json');
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    complain(`${name}: no report: ${error.message}`, 1);
    continue;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = report;
  console.log(`${name}: ${numPassedTests} passed, ${numFailedTests} failed`);
  passed += numPassedTests;
  failed += numFailedTests;
  for (const suite of testResults) {
    for (const { fullName, status, failureMessages } of suite.assertionResults) {
      if (status === 'failed') console.log([`${name}: failed: ${fullName}`, ...failureMessages.map(short)].join('\n'));
      else if (status !== 'passed') console.log(`${name}: skipped: ${fullName}`);
    }
  }
  const skipped = numPendingTests + numTodoTests;
  if (skipped > 0) complain(`${name}: ${skipped} skipped, and nothing may be`, skipped);
  if (numPassedTests === 0) complain(`${name}: no test has passed`, 1);
  // A warning, an unhandled rejection, a file that cannot be loaded: no test fails, but the run does.
  if (exitCode !== '0' && numFailedTests === 0) complain(`${name}: the run itself ended with ${exitCode}`, 1);
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
