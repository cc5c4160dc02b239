import { settings } from '../config/settings.ts';
import type { Arguments } from './command.ts';
import type { ExitCode, Io } from './io.ts';
import { durationOption, listOption } from './read-option.ts';
import { reloadedLines } from './reloaded-lines.ts';
import { printReply, printTable, withGateway } from './running-gateway.ts';
import { UsageError } from './usage.ts';

/** `forward --to-running`: adds forwards to a running gateway, or removes some that were added. */
export async function changeForwards(given: Arguments, io: Io): Promise<ExitCode> {
  refuseOwnSettings(given);
  const { positionals } = given;
  const listen = listOption(given, 'remove');
  const forMs = durationOption(given, 'for', { least: 1_000, most: 365 * 86_400_000 });
  if (listen !== undefined) {
    if (positionals.length > 0 || forMs !== undefined) {
      throw new UsageError('Cannot add and remove forwards at once: write --remove alone, then add the others');
    }
  } else if (positionals.length === 0) {
    throw new UsageError('Cannot forward nothing: write at least one LISTEN=TARGET, or --remove LISTEN');
  }
  // The gateway of a name, which is a setting of one that starts.
  const named = [given.flags.instance].flat().at(-1);
  const options = new Map(named === undefined ? [] : [['instance', named]]);
  return await withGateway({ options }, io, async (gateway) => {
    const reply = await (listen === undefined
      ? gateway.addForwards({ forwards: [...positionals], ...(forMs !== undefined && { forMs }) })
      : gateway.removeForwards({ listen: [...listen] }));
    return await printReply(reply, io, async (reloaded) => {
      await printTable(reloadedLines(reloaded, io.stdout), io);
    });
  });
}

/** A running gateway has its own settings: those that were typed would do nothing. */
function refuseOwnSettings({ flags, file, switches }: Arguments): void {
  const typed = [
    ...(file === undefined ? [] : ['config']),
    ...settings.map(({ flag }) => flag).filter((flag) => flag !== 'instance' && flags[flag] !== undefined),
    ...[...switches].filter((flag) => flag !== 'to-running'),
  ].map((flag) => `--${flag}`);
  if (typed.length === 0) return;
  throw new UsageError(
    `Cannot use ${typed.join(', ')} with --to-running: the running gateway's own settings hold; leave ` +
      `${typed.length === 1 ? 'it' : 'them'} out, or change its configuration`,
  );
}

/** Without --to-running, these would be passed over. */
export function refuseRunningOptions({ options }: Arguments): void {
  const [flag] = options.keys();
  if (flag === undefined) return;
  throw new UsageError(`Cannot use --${flag} by itself: it is about a running gateway; add --to-running`);
}
