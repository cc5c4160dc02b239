import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { errnoOf, messageOf } from '../base/errors.ts';

/** What a configuration file holds, or why that cannot be read: `what is; what to do`. */
export type ConfigText = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

/** Bytes that are read. `parseYamlLayer` bounds what is left of them beside long lists of networks. */
export const mostConfigBytes = 64 * 1024 * 1024;

/** Milliseconds that a pipe may take to deliver all of it. */
const pipePatience = 30_000;

const tooLarge: ConfigText = { ok: false, why: 'it is larger than 64 MiB; write a smaller file' };
const otherKind: ConfigText = { ok: false, why: 'it is a device; name a regular file or a pipe' };

// No device is opened: that may rewind a tape, or wait. O_NONBLOCK: opening a FIFO must not wait for a writer.
const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
const flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;

/** Reads a regular file, at once; a link to one is followed. Anything else is refused. */
export function readConfigFile(file: string): ConfigText {
  try {
    const kind = statSync(file);
    if (kind.isDirectory()) return { ok: false, why: 'it is a directory; name a file in it' };
    if (!kind.isFile()) return otherKind;
    const fd = openSync(file, flags);
    try {
      // The path may lead elsewhere by now, so the opened file is checked, too.
      const opened = fstatSync(fd);
      return opened.isFile() ? readRegular(fd, opened.size) : otherKind;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return unreadable(error);
  }
}

/**
 * Reads a pipe, named or not (`<(command)`, /dev/stdin), to its end; `undefined` where the file is none.
 * The loop runs on meanwhile, so that a signal ends the wait for a writer that never comes.
 */
export async function readConfigPipe(file: string, patience = pipePatience): Promise<ConfigText | undefined> {
  if (!isPipe(file)) return undefined;
  let fd: number;
  try {
    fd = openSync(file, flags);
  } catch (error) {
    // Another user's pipe, or a socket: it cannot be opened once more, but the descriptor itself can be read.
    const inherited = /^(?:\/dev\/(?:stdin$|fd\/)|\/proc\/self\/fd\/)(\d*)$/.exec(file);
    if (inherited === null) return unreadable(error);
    fd = Number(inherited[1]);
  }
  return await readToEnd(fd, patience);
}

/** A pipe, named or not, or a socket: it can be read once. */
export function isPipe(file: string): boolean {
  try {
    const stat = statSync(file);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    // `readConfigFile` reports why.
    return false;
  }
}

/** `size` is a first guess: files of /proc have none, and others may grow. */
function readRegular(fd: number, size: number): ConfigText {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(total === 0 ? Math.min(size, mostConfigBytes) + 1 : 65_536);
    const length = readSync(fd, chunk);
    if (length === 0) return textOf(chunks);
    total += length;
    if (total > mostConfigBytes) return tooLarge;
    chunks.push(chunk.subarray(0, length));
  }
}

/** Takes over the descriptor. */
function readToEnd(fd: number, patience: number): Promise<ConfigText> {
  return new Promise((resolve) => {
    const socket = new Socket({ fd, readable: true, writable: false });
    const chunks: Buffer[] = [];
    let total = 0;
    const done = (content: ConfigText): void => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(content);
    };
    const deadline = setTimeout(() => done({ ok: false, why: silentFor(patience, total) }), patience);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      total += chunk.length;
      if (total > mostConfigBytes) done(tooLarge);
    });
    socket.once('end', () => done(textOf(chunks)));
    socket.once('error', (error) => done(unreadable(error)));
  });
}

function textOf(chunks: readonly Buffer[]): ConfigText {
  const [only = Buffer.alloc(0), ...more] = chunks;
  const bytes = more.length === 0 ? only : Buffer.concat(chunks);
  const why = notUtf8(bytes);
  return why === undefined ? { ok: true, text: bytes.toString() } : { ok: false, why };
}

/** By byte order marks (unicode.org/faq/utf_bom), and by NUL, which is every other byte of plain text in UTF-16. */
function notUtf8(bytes: Buffer): string | undefined {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return 'it is UTF-16 text; save it as UTF-8, like: iconv -f UTF-16 -t UTF-8 OLD > NEW';
  }
  const binary = bytes.subarray(0, 4096).includes(0);
  return binary ? 'it is UTF-16 without a byte order mark, or no text at all; save it as UTF-8 text' : undefined;
}

function silentFor(patience: number, received: number): string {
  const what = received === 0 ? 'no data came from the pipe' : "the pipe's writer has not ended";
  return `${what} within ${patience / 1000} s; start what writes to it`;
}

function unreadable(error: unknown): ConfigText {
  return { ok: false, why: whyUnreadable(error) };
}

function whyUnreadable(error: unknown): string {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file; check the path';
    case 'EACCES':
    case 'EPERM':
      return process.geteuid?.() === 0
        ? 'permission is denied, as root has given up the right to read what belongs to others; let root own it'
        : 'permission is denied; allow this user to read it';
    default:
      return `${messageOf(error)}; check the file`;
  }
}
