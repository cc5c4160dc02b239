import { createHash } from 'node:crypto';
import { type BigIntStats, type FSWatcher, realpathSync, stat, statSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { formatDuration } from '../base/duration.ts';
import { errnoOf, messageOf } from '../base/errors.ts';
import { type ConfigText, readConfigFile } from './read-config-file.ts';

export interface WatchOptions {
  /** What the file held when it was read last. */
  readonly last: ConfigText;
  /** What it holds now: another text, or why it cannot be read; the same text written again is no change. */
  readonly onChange: (content: ConfigText) => void;
  /** `Cannot X: what is, and what is done instead`. */
  readonly onWarning: (message: string) => void;
  /** Milliseconds for which what the file holds must stay the same: 200 unless given. */
  readonly settle?: number;
  /** Milliseconds between two looks at the file itself: 5,000 unless given. */
  readonly poll?: number;
  /** `fs.watch` unless given. */
  readonly watch?: (folder: string, options: { readonly persistent: false }) => FSWatcher;
}

/** Watches a configuration file; `close` may be called twice. It does not keep the process alive. */
export function watchFile(file: string, options: WatchOptions): { close(): void } {
  const watching = new FileWatch(resolve(file), options);
  return { close: () => watching.close() };
}

/**
 * The folders of the path and of its real path are watched: a watch on a file ends with its rename (inotify(7)). The
 * poll finds what they miss: network file systems, and links further up. Both only start a check, which watches first
 * and reads then, so that nothing is lost in between.
 */
class FileWatch {
  private readonly file: string;
  private readonly options: Required<WatchOptions>;
  private readonly folders = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();
  private last: string;
  /** What was read once, and must be read again. */
  private unsettled: string | undefined;
  /** What the file system said of the file before it was read; empty: it must be read. */
  private seen = '';
  /** Names of the file in its folders. */
  private names: ReadonlySet<string> = new Set();
  /** Folders that cannot be watched, each of which had its warning. */
  private readonly unwatched = new Set<string>();
  private check: NodeJS.Timeout | undefined;
  private nextPoll: NodeJS.Timeout | undefined;
  private state: 'open' | 'closed' = 'open';

  constructor(file: string, options: WatchOptions) {
    this.file = file;
    this.options = { settle: 200, poll: 5_000, watch, ...options };
    this.last = fingerprint(options.last);
    this.watchFolders();
    this.poll();
  }

  close(): void {
    this.state = 'closed';
    clearTimeout(this.check);
    clearTimeout(this.nextPoll);
    for (const folder of this.folders.keys()) this.leave(folder);
  }

  /** A later event does not put the check off: a folder may be busy all the time. */
  private checkSoon(): void {
    if (this.state === 'closed') return;
    this.check ??= setTimeout(() => {
      this.check = undefined;
      this.checkNow();
    }, this.options.settle).unref();
  }

  private checkNow(): void {
    this.watchFolders();
    const seen = signatureNow(this.file);
    if (seen === this.seen && this.unsettled === undefined) return;
    this.seen = seen;
    const content = readConfigFile(this.file);
    const held = fingerprint(content);
    const settled = held === this.last || held === this.unsettled;
    this.unsettled = settled ? undefined : held;
    if (!settled) this.checkSoon();
    else if (held !== this.last) {
      this.last = held;
      this.options.onChange(content);
    }
  }

  /** Without a wait: the server of a network file system may be gone. */
  private poll(): void {
    stat(this.file, { bigint: true }, (error, stats) => {
      if (this.state === 'closed') return;
      if ((error === null ? signature(stats) : whyNot(error)) !== this.seen) this.checkSoon();
      this.nextPoll = setTimeout(() => this.poll(), this.options.poll).unref();
    });
  }

  /** New watches begin before old ones end. One whose folder is replaced reports that, and is replaced, too. */
  private watchFolders(): void {
    const real = realPath(this.file);
    this.names = new Set([basename(this.file), basename(real)]);
    const wanted = new Set([dirname(this.file), dirname(real)]);
    for (const folder of wanted) {
      const identity = identityOf(folder);
      const before = this.folders.get(folder);
      if (identity === undefined || identity === before?.identity) continue;
      this.watchFolder(folder, identity);
      before?.watcher.close();
    }
    for (const folder of this.folders.keys()) if (!wanted.has(folder)) this.leave(folder);
  }

  private watchFolder(folder: string, identity: string): void {
    this.folders.delete(folder);
    try {
      const watcher = this.options.watch(folder, { persistent: false });
      this.folders.set(folder, { identity, watcher });
      watcher.on('change', (event, name) => this.onEvent(folder, event, name));
      watcher.on('error', (error) => {
        this.leave(folder);
        this.cannotWatch(folder, error);
      });
      this.unwatched.delete(folder);
    } catch (error) {
      this.cannotWatch(folder, error);
    }
  }

  private leave(folder: string): void {
    this.folders.get(folder)?.watcher.close();
    this.folders.delete(folder);
  }

  /** Others of the folder, like a log, matter where they come or go: the path may lead over one of them. */
  private onEvent(folder: string, event: string, name: string | Buffer | null): void {
    // The folder itself was moved or removed (libuv names it so). A new one may have its inode number.
    const isFolder = event === 'rename' && String(name) === basename(folder);
    if (isFolder) this.leave(folder);
    const isOurs = isFolder || name === null || this.names.has(String(name));
    if (isOurs) this.seen = '';
    if (isOurs || event === 'rename') this.checkSoon();
  }

  private cannotWatch(folder: string, error: unknown): void {
    if (this.unwatched.has(folder) || errnoOf(error) === 'ENOENT') return;
    this.unwatched.add(folder);
    const instead = `its file is looked at every ${formatDuration(this.options.poll)} instead`;
    this.options.onWarning(`Cannot watch ${folder}: ${messageOf(error)}; ${instead}`);
  }
}

function fingerprint(content: ConfigText): string {
  return content.ok ? createHash('sha256').update(content.text).digest('hex') : content.why;
}

/** What is different once a file was written, replaced or given to others. */
function signature({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join();
}

function signatureNow(file: string): string {
  try {
    return signature(statSync(file, { bigint: true }));
  } catch (error) {
    return whyNot(error);
  }
}

function whyNot(error: unknown): string {
  return errnoOf(error) ?? 'unknown';
}

function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino } = statSync(folder, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** The path itself where it leads nowhere. */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
