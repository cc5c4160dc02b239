/** Runs what nextTick and promises have queued, now. */
type RunMicrotasks = () => void;

/**
 * `process._tickCallback` is what Node itself calls after each callback of its own, and koffi's are none
 * (napi_call_function, not napi_make_callback). It is no documented API (DEP0134), so that it is looked for; null where
 * it is missing, and an immediate has to do, which costs a turn of the loop.
 */
export function findMicrotasks(): RunMicrotasks | null {
  const candidate: unknown = Reflect.get(process, '_tickCallback');
  return typeof candidate === 'function' ? candidate.bind(process) : null;
}
