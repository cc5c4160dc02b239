import { type Machine, machineLine } from '../../bench/report/machine.ts';
import type { FaultReport, Setting } from './fault.ts';

/** A whole run. */
export interface FaultsReport {
  readonly date: string;
  readonly version: string;
  readonly machine: Machine;
  readonly setting: Setting;
  readonly faults: readonly FaultReport[];
}

/** The report as Markdown: one line for each fault and engine. */
export function table({ date, version, machine, faults }: FaultsReport): string {
  return [
    `floatgate ${version}, ${date.slice(0, 10)}; ${machineLine(machine)}.`,
    '',
    '| fault | load | must happen | engine | seen |',
    '|---|---|---|---|---|',
    ...faults.map((fault, index) => row(fault, faults[index - 1])),
    '',
  ].join('\n');
}

/** What belongs to the fault, not to the engine, stands once. */
function row(fault: FaultReport, above: FaultReport | undefined): string {
  const same = above?.name === fault.name;
  const about = same ? ['', '', ''] : [fault.title, fault.load, fault.expected];
  return `| ${[...about, fault.engine, outcome(fault)].map(cell).join(' | ')} |`;
}

function outcome({ seen, failures, skipped }: FaultReport): string {
  if (skipped !== undefined) return `not tried: ${skipped}`;
  return [...failures.map((failure) => `**FAILED**: ${failure}`), ...seen].join('; ');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
