/**
 * Calls `act` once, `wait` milliseconds from now, in the check phase of Node's loop: after the process was stopped for
 * a while (SIGSTOP), an answer that came meanwhile is handled before the timer.
 *
 * @returns cancels it; may be called at any time
 */
export function checkPhaseTimer(wait: number, act: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(act);
  }, wait);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
