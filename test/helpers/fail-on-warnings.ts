/**
 * Vitest setup file: any process warning (a listener leak, a deprecation, a discarded promise) fails the run.
 * Thrown from the event it becomes an uncaught exception, which vitest reports as an error of the run; unhandled
 * rejections it reports by itself.
 */
process.on('warning', (warning) => {
  throw new Error(`A process warning fails the run: ${warning.name}: ${warning.message}`, { cause: warning });
});
