/**
 * Returns what has to run after a callback through koffi: the work that nextTick and promises have queued in it. Node
 * runs it after each callback of its own, but not after koffi's (napi_call_function instead of napi_make_callback).
 *
 * `process._tickCallback` is Node's own way, and not documented (DEP0134). Where it is missing, an empty immediate has
 * the same effect one turn of the loop later.
 */
export function findMicrotasks(): () => void {
  const runQueued: unknown = Reflect.get(process, '_tickCallback');
  if (typeof runQueued === 'function') return runQueued.bind(process);
  return () => {
    setImmediate(() => {});
  };
}
