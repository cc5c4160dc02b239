import { styleText } from 'node:util';
import { printable, printableLine } from '../base/printable.ts';
import { wrapLine } from '../base/wrap-line.ts';
import { isFailure } from './failure-lines.ts';

export interface TextForm {
  readonly time: 'clock' | 'date and clock';
  readonly colours: 'colours' | 'plain';
  /** Lines are broken at words to fit; left out: never. */
  readonly columns?: number;
}

/** The fields of one pino line. */
type Fields = Readonly<Record<string, unknown>>;

/** Fields that have a place of their own in a line, or add nothing to the rest. */
const placed = new Set(['level', 'label', 'time', 'msg', 'err', 'error']);
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
 * One pino line (JSON) as text for people:
 *
 *     12:03:04 warn: log lines were dropped  dropped=7
 *     12:03:06 failed: refused  203.0.113.9:50122 -> :30016 -> 192.168.20.16:22
 *     12:03:09 session closed: client closed  ssh host 16  203.0.113.9:50122 -> 192.168.20.16:22  3.1 kB to target, ...
 *
 * Control characters in text of others are escaped; our own colours are not. Returns the line with its newline.
 */
export function textLine(json: string, form: TextForm): string {
  const fields = parse(json);
  if (fields === undefined) return printable(json);
  const time = timeText(fields.time, form.time);
  const parts = [
    `${time} ${label(fields, form.colours)}${text(fields.msg)}`,
    ...(typeof fields.client === 'string' ? sessionParts(fields) : []),
    ...others(fields),
    ...(fields.error === undefined ? [] : [text(fields.error)]),
  ];
  const line = parts.join('  ');
  const lines = form.columns === undefined ? [line] : wrapLine(line, form.columns, ' '.repeat(time.length + 1));
  return `${lines.join('\n')}${stackOf(fields.err)}\n`;
}

function parse(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function label(fields: Fields, colours: TextForm['colours']): string {
  const level = typeof fields.level === 'string' ? fields.level : 'info';
  const failed = fields.label === 'failed' || (level === 'info' && isFailure(fields.reason));
  if (level === 'info' && !failed) return '';
  const word = failed ? 'failed:' : `${level}:`;
  if (colours === 'plain') return `${word} `;
  const colour = failed || level === 'warn' ? 'yellow' : level === 'error' || level === 'fatal' ? 'red' : 'gray';
  // validateStream: the caller has decided, for the stream that is written to.
  return `${styleText(colour, word, { validateStream: false })} `;
}

function sessionParts(fields: Fields): string[] {
  const client = text(fields.client);
  const target = text(fields.target);
  // A line of `FailureLines`: the cause is its message.
  if (fields.label === 'failed') return [`${client} -> ${listenerText(fields.listener)} -> ${target}`];
  const host = fields.host === undefined ? '' : ` host ${text(fields.host)}`;
  const parts = [`${text(fields.service)}${host}`, `${client} -> ${target}`];
  const { bytesToTarget, bytesToClient, duration } = fields;
  if (typeof bytesToTarget === 'number' && typeof bytesToClient === 'number' && typeof duration === 'number') {
    const seconds = (duration / 1000).toFixed(1);
    parts.push(`${size(bytesToTarget)} to target, ${size(bytesToClient)} to client, ${seconds} s`);
  }
  return parts;
}

/** `:30016` where it listens on all addresses. */
function listenerText(listener: unknown): string {
  return text(listener).replace(/^(?:0\.0\.0\.0|\[::\]):/, ':');
}

/** Fields without a place, but for those that the message or the error names already. */
function others(fields: Fields): string[] {
  const skipped = typeof fields.client === 'string' ? placedOfSession : placed;
  const shown = new Set(`${text(fields.msg)} ${text(fields.error ?? '')}`.split(/[\s(),;]+|:(?:\s|$)/));
  return Object.entries(fields)
    .filter(([name, value]) => !skipped.has(name) && !isEmpty(value) && !shown.has(text(value)))
    .map(([name, value]) => `${text(name)}=${isCounts(value) ? countsText(value) : text(value)}`);
}

function isCounts(value: unknown): value is Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((count) => typeof count === 'number');
}

/** `(client closed 12, refused 3)` */
function countsText(counts: Readonly<Record<string, number>>): string {
  const texts = Object.entries(counts).map(([name, count]) => `${text(name)} ${count}`);
  return `(${texts.join(', ')})`;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function stackOf(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const stack: unknown = Reflect.get(err, 'stack') ?? Reflect.get(err, 'message');
  return typeof stack === 'string' ? `\n${stack.split('\n').map(text).join('\n')}` : '';
}

/** Local time: `12:03:04`, or `2026-01-31 12:03:04`. */
function timeText(time: unknown, form: TextForm['time']): string {
  const date = new Date(typeof time === 'string' || typeof time === 'number' ? time : Number.NaN);
  if (Number.isNaN(date.getTime())) return '--:--:--';
  const clock = date.toTimeString().slice(0, 8);
  if (form === 'clock') return clock;
  const two = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
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
