import { type Command, json } from './command.ts';
import { instance, printJson, printReply, printTable, withGateway } from './running-gateway.ts';
import { statusLines } from './status-lines.ts';

export const status: Command = {
  name: 'status',
  positionals: '',
  brief: 'Show what a running gateway does',
  summary: 'Show what a running gateway serves, its sessions, its rates, what is out, and its latest reloads',
  settings: [],
  switches: [json],
  options: [instance],
  config: 'takes no file',
  examples: [
    ['status', 'Of the only gateway of this user'],
    ['status --instance lab', 'Of one of several'],
    ['status --json | jq .sessions.now', 'As JSON'],
  ],
  run: (given, io) =>
    withGateway(given, io, async (gateway) =>
      printReply(await gateway.status(), io, async (value) => {
        if (given.switches.has('json')) await printJson(value, io);
        else await printTable(statusLines(value, { output: io.stdout, now: Date.now() }), io);
      }),
    ),
};
