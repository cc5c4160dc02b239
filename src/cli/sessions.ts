import { type SessionFilter, type SessionPage, sessionOrders, sessionStates } from '../admin/schemas.ts';
import { count, figure } from '../base/count.ts';
import { type Arguments, type Command, json } from './command.ts';
import { ageText, bytesText } from './human-units.ts';
import type { ExitCode, Io } from './io.ts';
import { allPages, pageLine } from './list-pages.ts';
import { printMessages } from './print-messages.ts';
import { choiceOption, numberOption } from './read-option.ts';
import {
  instance,
  printFailure,
  printJson,
  printReply,
  printTable,
  tableLines,
  withGateway,
} from './running-gateway.ts';
import type { Column } from './table.ts';
import { UsageError } from './usage.ts';
import { watch } from './watch.ts';
import { pasteable } from './words.ts';

export const sessions: Command = {
  name: 'sessions',
  positionals: '',
  brief: 'Show its sessions, or end some',
  summary: 'Show the sessions of a running gateway, or end those that fit. All filters that are given must hold.',
  settings: [],
  switches: [
    { flag: 'reverse', short: 'r', description: 'The other way round' },
    { flag: 'watch', description: 'Show them again every 2 seconds, until Ctrl-C' },
    { flag: 'kill', description: 'End those that fit' },
    json,
  ],
  options: [
    { flag: 'host', placeholder: 'NUMBER', description: 'Those that lead to a host' },
    { flag: 'service', placeholder: 'NAME', description: 'Of a service, or of a forward by what it listens on' },
    { flag: 'client', placeholder: 'ADDR', description: 'From an address, address:port or CIDR' },
    { flag: 'target', placeholder: 'HOST', description: 'With a target: host or host:port' },
    { flag: 'state', placeholder: 'STATE', description: `In a state: ${sessionStates.join(', ')}` },
    { flag: 'id', placeholder: 'NUMBER', description: 'The one of that number' },
    { flag: 'sort', placeholder: 'KEY', description: `By ${sessionOrders.join(', ')} (default: id)` },
    { flag: 'order', placeholder: 'asc|desc', description: 'Rising or falling (default: age and bytes fall)' },
    { flag: 'page', placeholder: 'N', description: 'Page of 200 sessions (default: 1)' },
    instance,
  ],
  config: 'takes no file',
  common: [
    ['--host NUMBER', 'Those that lead to a host'],
    ['--service, --client, --target', 'Of a service, from a client, with a target'],
    ['--state, --id', 'In a state, or the one of that number'],
    ['--sort KEY', `By ${sessionOrders.join(', ')}`],
    ['--kill', 'End those that fit'],
    ['--watch', 'Show them again every 2 seconds, until Ctrl-C'],
    ['--json', 'Print JSON'],
  ],
  examples: [
    ['sessions --host 16', 'Who is on host 16'],
    ['sessions --client 203.0.113.0/24', 'From one network'],
    ['sessions --sort bytes --watch', 'The largest first, again and again'],
    ['sessions --target 10.0.0.5 --kill', 'End those with one target'],
  ],
  async run(given, io) {
    const filter = readFilter(given);
    const on = (flag: 'kill' | 'watch' | 'json') => given.switches.has(flag);
    if (on('kill')) {
      refuseEverySession(filter);
      if (on('watch')) throw new UsageError('Cannot use --kill with --watch: end them first, then watch');
    }
    const query = { ...filter, ...readOrder(given) };
    const page = numberOption(given, 'page', 1, 'write the number of a page; they count from 1');
    return await withGateway(given, io, async (gateway) => {
      if (on('kill')) {
        return await printReply(await gateway.endSessions(filter), io, async ({ ended }) => {
          if (on('json')) await printJson({ ended }, io);
          else if (ended === 0) await printMessages([nobody(filter)], io.stdout);
          else await printMessages([`${count(ended, 'session')} ended`], io.stdout);
        });
      }
      const show = async (): Promise<ExitCode> => {
        const all = on('json') && page === undefined;
        const reply = await (all
          ? allPages((number) => gateway.sessions({ ...query, page: number }))
          : gateway.sessions({ ...query, ...(page !== undefined && { page }) }));
        if (!reply.ok) return await printFailure(reply.failure, io);
        if (on('json')) await printJson(reply.value, io);
        else
          await printSessions(
            reply.value,
            { filter, most: on('watch') ? io.stdout.rows() - besideRows : everyRow },
            io,
          );
        return 0;
      };
      return on('watch') ? await watch(show, io.stdout) : await show();
    });
  },
};

function readFilter(given: Arguments): SessionFilter {
  const host = numberOption(given, 'host', 0, 'write the number of a host, like 16; --target takes an address');
  const id = numberOption(given, 'id', 1, 'write the number of a session, as the table shows it');
  const state = choiceOption(given, 'state', sessionStates);
  const texts = (['service', 'client', 'target'] as const).flatMap((flag): [string, string][] => {
    const text = given.options.get(flag);
    return text === undefined ? [] : [[flag, text]];
  });
  return {
    ...(id !== undefined && { id }),
    ...(host !== undefined && { host }),
    ...Object.fromEntries(texts),
    ...(state !== undefined && { state }),
  };
}

/** Age and bytes fall by default: the largest are looked for. */
function readOrder(given: Arguments): {
  readonly sort?: (typeof sessionOrders)[number];
  readonly order: 'asc' | 'desc';
} {
  const sort = choiceOption(given, 'sort', sessionOrders);
  const usual = sort === 'age' || sort === 'bytes' ? 'desc' : 'asc';
  const order = choiceOption(given, 'order', ['asc', 'desc']) ?? usual;
  const other = order === 'asc' ? 'desc' : 'asc';
  return { ...(sort !== undefined && { sort }), order: given.switches.has('reverse') ? other : order };
}

function refuseEverySession(filter: SessionFilter): void {
  if (Object.keys(filter).length > 0) return;
  throw new UsageError(
    'Cannot end every session: none was chosen; say which, like --host 16 or --client 203.0.113.9\n' +
      "To end them all, and the gateway: 'floatgate drain --sessions 0s'",
  );
}

/** Nobody is there, in words. */
function nobody(filter: SessionFilter): string {
  const { host, ...others } = filter;
  if (host !== undefined && Object.keys(others).length === 0) return `Nobody is on host ${host}`;
  const given = Object.entries(filter).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  return given.length === 0 ? 'There are no sessions' : `No session fits ${pasteable(given)}`;
}

const columns: readonly Column[] = [
  { title: 'id', align: 'right' },
  { title: 'state', leaveOut: 1 },
  { title: 'service', least: 8, leaveOut: 2 },
  { title: 'host', align: 'right', leaveOut: 3 },
  { title: 'client', least: 21 },
  { title: 'target', least: 21 },
  { title: 'age', align: 'right' },
  { title: 'to target', align: 'right' },
  { title: 'to client', align: 'right' },
];

const everyRow = Number.POSITIVE_INFINITY;
/** Lines of a screen that are no sessions: titles, the count, the cursor's. */
const besideRows = 3;

async function printSessions(
  listed: SessionPage,
  { filter, most }: { readonly filter: SessionFilter; readonly most: number },
  io: Io,
): Promise<void> {
  if (listed.total === 0) return await printMessages([nobody(filter)], io.stdout);
  const shown = listed.rows.slice(0, Math.max(1, most));
  const cells = shown.map((row) => [
    String(row.id),
    row.state,
    row.service,
    row.host === undefined ? '' : String(row.host),
    row.client,
    row.target,
    ageText(row.ageMs),
    bytesText(row.bytesToTarget),
    bytesText(row.bytesToClient),
  ]);
  const last =
    shown.length < listed.rows.length
      ? `${figure(shown.length)} of ${count(listed.total, 'session')}`
      : pageLine(listed, 'session');
  await printTable([...tableLines(columns, cells, io.stdout), last], io);
}
