import { once } from 'node:events';
import { Children } from '../process/children.ts';

/** How long strace may take to attach or to sum up, milliseconds. */
const deadline = 10_000;

/** Counts the system calls of a process and its threads with strace(1) from now on until the answer is called. */
export async function countSystemCalls(pid: number): Promise<() => Promise<Record<string, number>>> {
  const children = new Children();
  process.once('exit', () => children.killAll());
  const strace = children.spawn('strace', ['-c', '-f', '-p', String(pid)], ['ignore', 'ignore', 'pipe']);
  let output = '';
  const attached = new Promise<void>((resolve, reject) => {
    const fail = (): void =>
      reject(new Error(`Cannot count system calls: ${output.trim() || 'strace cannot be started'}`));
    strace.once('error', fail);
    strace.once('exit', fail);
    setTimeout(fail, deadline).unref();
    strace.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes(' attached')) resolve();
    });
  });
  await attached;
  const summed = once(strace, 'close');
  return async () => {
    // On SIGTERM it lets go of the process and prints its table.
    await children.stop(strace);
    await summed;
    return parsed(output);
  };
}

/** Lines of `% time, seconds, usecs/call, calls, errors if any, syscall`. */
function parsed(table: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const match of table.matchAll(/^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$/gm)) {
    const [, calls, name] = match;
    if (name !== undefined && name !== 'total') counts[name] = Number(calls);
  }
  return counts;
}
