import { settings } from '../config/settings.ts';
import { buildPlan } from '../plan/build-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { servedForwards, servedHosts, servedServices, targetsLine } from '../plan/served.ts';
import { type Command, configFlag, json, subnetFlags } from './command.ts';
import type { Io } from './io.ts';
import { printMessages } from './print-messages.ts';
import { readSources } from './read-sources.ts';
import { refuse } from './refuse.ts';
import { table } from './table.ts';

export const map: Command = {
  name: 'map',
  positionals: '',
  brief: "Print the table that 'up' would serve",
  summary: "Print the table that 'up' would serve, without opening a socket",
  settings,
  switches: [json],
  config: 'takes a file',
  common: [...subnetFlags, configFlag, ['--json', 'Print JSON']],
  examples: [
    ['map', "For this machine's subnet"],
    ['map --subnet 10.0.0.0/24', 'For another one'],
    ['map --json | jq .hosts[15].ports.ssh', 'As JSON'],
  ],
  async run(given, io) {
    const read = await readSources('map', given, io);
    if (!read.ok) return await refuse(read.problems, io);
    const { loaded, facts } = read.value;
    // Notes about the kernel's ports are about traffic, not about the table.
    const plan = buildPlan(loaded, { ...facts, outgoingPorts: {} });
    if (!plan.ok) return await refuse(plan.problems, io);
    const asJson = given.switches.has('json') || loaded.switches.has('json');
    await printMap(plan.value, asJson ? 'json' : 'table', io);
    return 0;
  },
};

async function printMap(plan: Plan, form: 'json' | 'table', io: Io): Promise<void> {
  if (form === 'json') {
    await io.stdout.write(`${JSON.stringify(mapData(plan), undefined, 2)}\n`);
    return;
  }
  await io.stdout.write(mapTables(plan));
  if (plan.notes.length > 0) await printMessages(['', ...plan.notes], io.stdout);
}

function mapData(plan: Plan): object {
  return {
    subnet: plan.subnet,
    bind: [...new Set(plan.listeners.flatMap(({ bind }) => (bind.dualStack ? ['0.0.0.0', '::'] : [bind.address])))],
    services: servedServices(plan),
    hosts: servedHosts(plan).map(({ host, address }) => ({
      host,
      address,
      ports: Object.fromEntries(plan.services.map(({ name, base }) => [name, base + host])),
    })),
    forwards: servedForwards(plan),
    listeners: plan.listeners.length,
    notes: plan.notes,
  };
}

function mapTables(plan: Plan): string {
  const hosts = servedHosts(plan).map(({ host, address }) => [
    String(host),
    address,
    ...plan.services.map(({ base }) => String(base + host)),
  ]);
  const forwards = servedForwards(plan).map((forward) => [forward.listen, targetsLine(forward)]);
  const services = plan.services.map(({ name, port }) => `${name} (${port})`);
  return [
    ...(hosts.length === 0 ? [] : [tableText(['host', 'address', ...services], hosts)]),
    ...(forwards.length === 0 ? [] : [tableText(['listen', 'target'], forwards)]),
  ].join('\n');
}

function tableText(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = table(
    titles.map((title) => ({ title })),
    rows,
  );
  return lines.map((line) => `${line}\n`).join('');
}
