import { styleText } from 'node:util';
import { printable, printableLine } from '../base/printable.ts';

/** The fields of one pino line. */
type Fields = Readonly<Record<string, unknown>>;

/** Fields that have a place of their own in a line, or say nothing that the rest does not. */
const placed = new Set(['level', 'time', 'msg', 'err', 'error']);
const placedOfSession = new Set([
  ...placed,
  'id',
  'service',
  'host',
  'listener',
  'client',
  'target',
  'bytesToTarget',
  'bytesToClient',
  'duration',
  'dialTime',
  'reason',
]);

/**
 * One pino line (JSON) as a person at a terminal reads it:
 *
 *     12:03:04 warn  listener skipped  listener=[::]:30016
 *     12:03:09 session closed: client closed  ssh host 16  203.0.113.9:50122 -> 192.168.20.16:22  3.1 kB out, 9.4 kB in, 2.0 s
 *
 * Control characters of what others wrote never reach the terminal; our own colours do. Returns the line with its newline.
 */
export function terminalLine(json: string, colours: 'colours' | 'plain'): string {
  const fields = parse(json);
  if (fields === undefined) return printable(json);
  const level = typeof fields.level === 'string' ? fields.level : 'info';
  const parts = [
    `${clock(fields.time)} ${levelLabel(level, colours)}${text(fields.msg)}`,
    ...(typeof fields.client === 'string' ? sessionParts(fields) : []),
    ...others(fields),
    ...(fields.error === undefined ? [] : [text(fields.error)]),
  ];
  return `${parts.join('  ')}${stackOf(fields.err)}\n`;
}

function parse(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function levelLabel(level: string, colours: 'colours' | 'plain'): string {
  if (level === 'info') return '';
  const label = `${level}:`;
  if (colours === 'plain') return `${label} `;
  const colour = level === 'warn' ? 'yellow' : level === 'error' || level === 'fatal' ? 'red' : 'gray';
  // validateStream: the decision was made by the caller, for the stream that is written to.
  return `${styleText(colour, label, { validateStream: false })} `;
}

function sessionParts(fields: Fields): string[] {
  const host = fields.host === undefined ? '' : ` host ${text(fields.host)}`;
  const parts = [`${text(fields.service)}${host}`, `${text(fields.client)} -> ${text(fields.target)}`];
  const { bytesToTarget, bytesToClient, duration } = fields;
  if (typeof bytesToTarget === 'number' && typeof bytesToClient === 'number' && typeof duration === 'number') {
    parts.push(`${size(bytesToTarget)} out, ${size(bytesToClient)} in, ${(duration / 1000).toFixed(1)} s`);
  }
  return parts;
}

function others(fields: Fields): string[] {
  const skipped = typeof fields.client === 'string' ? placedOfSession : placed;
  return Object.entries(fields)
    .filter(([name]) => !skipped.has(name))
    .map(([name, value]) => `${text(name)}=${text(value)}`);
}

function stackOf(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const stack: unknown = Reflect.get(err, 'stack') ?? Reflect.get(err, 'message');
  return typeof stack === 'string' ? `\n${stack.split('\n').map(text).join('\n')}` : '';
}

function clock(time: unknown): string {
  const date = new Date(typeof time === 'string' || typeof time === 'number' ? time : Number.NaN);
  return Number.isNaN(date.getTime()) ? '--:--:--' : date.toTimeString().slice(0, 8);
}

/** Words bare, everything else as JSON. */
function text(value: unknown): string {
  return printableLine(typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)));
}

/** `9.4 kB`; powers of 1000. */
function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return step === 0 ? `${bytes} B` : `${(bytes / 1000 ** step).toFixed(1)} ${units[step]}`;
}
