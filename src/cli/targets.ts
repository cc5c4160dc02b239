import type { ControlClient } from '../admin/client.ts';
import { type TakenOut, type TargetPage, type TargetQuery, targetRowSchema } from '../admin/schemas.ts';
import { count, figure } from '../base/count.ts';
import { type Arguments, type Command, json } from './command.ts';
import type { ExitCode, Io } from './io.ts';
import { allPages, pageLine } from './list-pages.ts';
import { printMessages } from './print-messages.ts';
import { choiceOption, listOption, numberOption } from './read-option.ts';
import { instance, printFailure, printJson, printTable, tableLines, withGateway } from './running-gateway.ts';
import type { Column } from './table.ts';
import { pasteable } from './words.ts';

const states = targetRowSchema.shape.state.options;

export const targets: Command = {
  name: 'targets',
  positionals: '',
  brief: 'Show its targets, take some out and in',
  summary:
    'Show the targets of a running gateway, or take some out. What is out gets no new sessions, also after a reload; ' +
    'its sessions live on.',
  settings: [],
  switches: [json],
  options: [
    {
      flag: 'out',
      placeholder: 'LIST',
      description: 'Take these out: host numbers, hosts or targets',
      list: 'with commas',
    },
    { flag: 'in', placeholder: 'LIST', description: 'Take these in again', list: 'with commas' },
    { flag: 'host', placeholder: 'HOST', description: 'Those of a host: its number, address or name' },
    { flag: 'pool', placeholder: 'NAME', description: 'Those of a pool' },
    { flag: 'state', placeholder: 'STATE', description: `In a state: ${states.join(', ')}` },
    { flag: 'page', placeholder: 'N', description: 'Page of 200 targets (default: 1)' },
    instance,
  ],
  config: 'takes no file',
  examples: [
    ['targets', 'What there is, and its state'],
    ['targets --out 16', 'No new sessions for host 16'],
    ['targets --in 16', 'It gets sessions again'],
    ['targets --out 10.0.0.5:80,10.0.0.6:80', 'Two targets of a forward'],
  ],
  async run(given, io) {
    const changes = (['out', 'in'] as const).flatMap((state) =>
      (listOption(given, state) ?? []).map((what) => ({ what, state })),
    );
    const query = readQuery(given);
    return await withGateway(given, io, (gateway) =>
      changes.length > 0 ? change(gateway, changes, given, io) : show(gateway, query, given, io),
    );
  },
};

function readQuery(given: Arguments): Partial<TargetQuery> {
  const state = choiceOption(given, 'state', states);
  const page = numberOption(given, 'page', 1, 'write the number of a page; they count from 1');
  const { host, pool } = Object.fromEntries(given.options);
  return {
    ...(host !== undefined && { host }),
    ...(pool !== undefined && { pool }),
    ...(state !== undefined && { state }),
    ...(page !== undefined && { page }),
  };
}

interface Change {
  readonly what: string;
  readonly state: 'out' | 'in';
}

/** One after the other; the first that fails ends it. */
async function change(gateway: ControlClient, changes: readonly Change[], given: Arguments, io: Io): Promise<ExitCode> {
  let last: TakenOut | undefined;
  const changed: string[] = [];
  for (const each of changes) {
    const reply = await gateway.takeOut(each);
    if (!reply.ok) return await printFailure(reply.failure, io);
    last = reply.value;
    changed.push(...last.changed);
    if (!given.switches.has('json')) await printMessages([changeText(each, last)], io.stdout);
  }
  if (last === undefined) return 0;
  if (given.switches.has('json')) await printJson({ out: last.out, changed }, io);
  else await printMessages(leftOver(last), io.stdout);
  return 0;
}

function changeText({ what, state }: Change, { changed }: TakenOut): string {
  if (changed.length === 0) return state === 'out' ? `${what} is out already` : `${what} is not out`;
  const which =
    changed.length > 8 ? `${changed.slice(0, 8).join(', ')} and ${changed.length - 8} more` : changed.join(', ');
  return state === 'out' ? `out: ${which}` : `in again: ${which}`;
}

/** What still has sessions although it is out, and how to end them. */
function leftOver({ out }: TakenOut): readonly string[] {
  return out.flatMap(({ what, sessions }) => {
    if (sessions === 0) return [];
    const [are, them] = sessions === 1 ? ['is', 'it'] : ['are', 'them'];
    return [
      `${count(sessions, 'session')} ${are} still with ${what}; to end ${them}:`,
      `  floatgate sessions --target ${pasteable([what])} --kill`,
    ];
  });
}

const columns: readonly Column[] = [
  { title: 'target', least: 21 },
  { title: 'pool', least: 8, leaveOut: 1 },
  { title: 'state' },
  { title: 'checked', leaveOut: 3 },
  { title: 'tier', leaveOut: 2 },
  { title: 'weight', align: 'right', leaveOut: 2 },
  { title: 'sessions', align: 'right' },
];

async function show(gateway: ControlClient, query: Partial<TargetQuery>, given: Arguments, io: Io): Promise<ExitCode> {
  const all = given.switches.has('json') && query.page === undefined;
  const reply = await (all ? allPages((page) => gateway.targets({ ...query, page })) : gateway.targets(query));
  if (!reply.ok) return await printFailure(reply.failure, io);
  if (given.switches.has('json')) await printJson(reply.value, io);
  else await printTargets(reply.value, query, io);
  return 0;
}

async function printTargets(listed: TargetPage, { page: _, ...filter }: Partial<TargetQuery>, io: Io): Promise<void> {
  if (listed.total === 0) {
    const given = Object.entries(filter).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
    const none = given.length === 0 ? 'There are no targets' : `No target fits ${pasteable(given)}`;
    return await printMessages([none], io.stdout);
  }
  const cells = listed.rows.map((row) => [
    row.target,
    row.pool,
    row.state,
    row.checked ? 'yes' : 'no',
    row.tier,
    String(row.weight),
    figure(row.sessions),
  ]);
  await printTable([...tableLines(columns, cells, io.stdout), pageLine(listed, 'target')], io);
}
