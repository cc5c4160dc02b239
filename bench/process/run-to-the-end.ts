import { Children } from './children.ts';
import { openWorkshop } from './workshop.ts';
import { WrongUsage } from './wrong-usage.ts';

/**
 * Runs a benchmark so that it leaves nothing behind: its processes are ended when it is done, when it fails, and when
 * it is interrupted (exit code 128 + signal). `main` returns the exit code; WrongUsage makes it 2.
 */
export async function runToTheEnd(main: (children: Children) => Promise<number>): Promise<void> {
  const children = new Children();
  // Where a gateway that runs as this user has its control socket.
  process.env.RUNTIME_DIRECTORY = openWorkshop(children).folder;
  process.once('exit', () => children.killAll());
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    let first = true;
    // One Ctrl-C can arrive twice through npm: later ones change nothing, the stop is under way and bounded.
    process.on(signal, () => {
      if (first) void children.stopAll().finally(() => process.exit(code));
      first = false;
    });
  }
  try {
    process.exitCode = await main(children);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof WrongUsage ? 2 : 1;
  } finally {
    await children.stopAll();
  }
}
