import { type Command, json } from './command.ts';
import { reloadedLines } from './reloaded-lines.ts';
import { instance, printJson, printReply, printTable, withGateway } from './running-gateway.ts';

export const reload: Command = {
  name: 'reload',
  positionals: '',
  brief: 'Have it read its configuration again',
  summary:
    'Have a running gateway read its configuration again, and apply what has changed. Sessions live on. Where the ' +
    'configuration has problems, all of them are shown, nothing has changed, and the exit code is 2.',
  settings: [],
  switches: [
    { flag: 'dry-run', description: 'Show what would change, and change nothing' },
    { flag: 'cut-removed', description: 'End the sessions of listeners that are removed' },
    json,
  ],
  options: [instance],
  config: 'takes no file',
  examples: [
    ['reload', 'Apply what has changed in the file'],
    ['reload --dry-run', 'Show what would change, and for how many sessions'],
  ],
  run: (given, io) =>
    withGateway(given, io, async (gateway) => {
      const request = { dryRun: given.switches.has('dry-run'), cutRemoved: given.switches.has('cut-removed') };
      return await printReply(await gateway.reload(request), io, async (reloaded) => {
        if (given.switches.has('json')) await printJson(reloaded, io);
        else await printTable(reloadedLines(reloaded, io.stdout), io);
      });
    }),
};
