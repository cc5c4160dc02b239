/** Marks a process that listens already: where test files share one, each of them runs this file. */
const listens = Symbol.for('floatgate: a process warning fails the run');

/**
 * Vitest setup file: any process warning (a listener leak, a deprecation, a discarded promise) fails the run.
 * Thrown from the event it becomes an uncaught exception, which vitest reports as an error of the run. Vitest reports
 * unhandled rejections by itself.
 */
if (!Object.hasOwn(process, listens)) {
  Object.defineProperty(process, listens, { value: true });
  process.on('warning', (warning) => {
    throw new Error(`A process warning fails the run: ${warning.name}: ${warning.message}`, { cause: warning });
  });
}
