import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ConfigText, readConfigFile } from '../../src/config/read-config-file.ts';
import { type WatchOptions, watchFile } from '../../src/config/watch-file.ts';
import { until } from '../helpers/until.ts';

const never = 3_600_000;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'floatgate-watch-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

/** Watches without the poll, unless it is given, and collects what was noticed. */
function watching(file: string, options: Partial<WatchOptions> = {}) {
  const noticed: string[] = [];
  const warnings: string[] = [];
  const { close } = watchFile(file, {
    last: readConfigFile(file),
    onChange: (content: ConfigText) => noticed.push(content.ok ? content.text : content.why),
    onWarning: (message) => warnings.push(message),
    settle: 10,
    poll: never,
    ...options,
  });
  onTestFinished(close);
  return {
    noticed,
    warnings,
    close,
    /** Resolves once `text` is what was noticed last. */
    sees: (text: string) => until(`${text} to be noticed`, () => noticed.at(-1) === text),
  };
}

/** `fs.watch`, and how many of its watches are open. */
function countedWatches() {
  const watches = { begun: 0, open: 0 };
  const counting: typeof watches & Required<Pick<WatchOptions, 'watch'>> = Object.assign(watches, {
    watch(at: string, options: { readonly persistent: false }) {
      const watcher = watch(at, options);
      watches.begun += 1;
      watches.open += 1;
      watcher.once('close', () => {
        watches.open -= 1;
      });
      return watcher;
    },
  });
  return counting;
}

/** A file in a folder of its own that holds `one`. */
function written(): { readonly root: string; readonly at: string; readonly file: string } {
  const root = folder();
  const at = join(root, 'etc');
  mkdirSync(at);
  const file = join(at, 'gateway.yaml');
  writeFileSync(file, 'one');
  return { root, at, file };
}

const missing = 'there is no such file; check the path';

describe('a watched file', () => {
  it('is noticed when it is written again, and when another takes its name', async () => {
    const { at, file } = written();
    const { noticed, sees } = watching(file);
    writeFileSync(file, 'two');
    await sees('two');
    writeFileSync(join(at, '.new'), 'three');
    renameSync(join(at, '.new'), file);
    await sees('three');
    writeFileSync(file, 'four');
    await sees('four');
    expect(noticed).toEqual(['two', 'three', 'four']);
  });

  it('is noticed when it is written in pieces, once and as a whole', async () => {
    const { file } = written();
    const { noticed, sees } = watching(file, { settle: 200 });
    writeFileSync(file, '');
    for (const piece of ['a', 'b', 'c']) {
      appendFileSync(file, piece);
      await new Promise(setImmediate);
    }
    await sees('abc');
    expect(noticed).toEqual(['abc']);
  });

  it('is not noticed when the same text is written again, or it is touched', async () => {
    const { at, file } = written();
    const { noticed, sees } = watching(file);
    utimesSync(file, 1, 1);
    writeFileSync(join(at, '.new'), 'one');
    renameSync(join(at, '.new'), file);
    writeFileSync(join(at, 'other'), 'two');
    // What came before would have been noticed before this.
    writeFileSync(file, 'two');
    await sees('two');
    expect(noticed).toEqual(['two']);
  });

  it('is noticed when it is removed, and when it returns', async () => {
    const { file } = written();
    const { sees } = watching(file);
    rmSync(file);
    await sees(missing);
    writeFileSync(file, 'one');
    await sees('one');
  });

  it('is noticed when it was written before the watch began, and after it was read', async () => {
    const { file } = written();
    const last = readConfigFile(file);
    writeFileSync(file, 'two');
    await watching(file, { last }).sees('two');
  });

  it('is noticed after its folder was replaced, and by the poll after that was away', async () => {
    const { root, at, file } = written();
    const { sees } = watching(file, { poll: 20 });
    mkdirSync(join(root, 'next'));
    writeFileSync(join(root, 'next', 'gateway.yaml'), 'two');
    renameSync(at, join(root, 'old'));
    renameSync(join(root, 'next'), at);
    await sees('two');
    writeFileSync(file, 'three');
    await sees('three');
    rmSync(at, { recursive: true });
    await sees(missing);
    mkdirSync(at);
    writeFileSync(file, 'four');
    await sees('four');
  });

  it('is noticed in a new folder that has taken the place of a removed one, without the poll', async () => {
    const { at, file } = written();
    const { sees } = watching(file);
    rmSync(at, { recursive: true });
    mkdirSync(at);
    writeFileSync(file, 'two');
    await sees('two');
    writeFileSync(file, 'three');
    await sees('three');
  });
});

describe('a link', () => {
  it('is noticed when a folder on its way is swapped, as Kubernetes does', async () => {
    const at = folder();
    const data = (name: string, text: string) => {
      mkdirSync(join(at, name));
      writeFileSync(join(at, name, 'gateway.yaml'), text);
      symlinkSync(name, join(at, '..data_tmp'));
      renameSync(join(at, '..data_tmp'), join(at, '..data'));
    };
    data('..2026_1', 'one');
    const file = join(at, 'gateway.yaml');
    symlinkSync('..data/gateway.yaml', file);
    const watches = countedWatches();
    const { noticed, sees } = watching(file, { watch: watches.watch });
    for (const text of ['two', 'three', 'four']) {
      data(`..2026_${text}`, text);
      await sees(text);
    }
    // The folder of the path, and that of its real path.
    await until('watches of earlier folders to be closed', () => watches.open === 2);
    rmSync(join(at, '..2026_1'), { recursive: true });
    writeFileSync(join(at, '..2026_four', 'gateway.yaml'), 'five');
    await sees('five');
    expect(noticed).toEqual(['two', 'three', 'four', 'five']);
  });

  it('is noticed when it leads elsewhere, and when what it leads to is written', async () => {
    const { root, file } = written();
    const link = join(root, 'link.yaml');
    symlinkSync(file, link);
    const { sees } = watching(link);
    writeFileSync(file, 'two');
    await sees('two');
    writeFileSync(join(root, 'a.yaml'), 'three');
    symlinkSync('a.yaml', join(root, 'new'));
    renameSync(join(root, 'new'), link);
    await sees('three');
    writeFileSync(join(root, 'a.yaml'), 'four');
    await sees('four');
  });
});

describe('where folders cannot be watched', () => {
  const noSpace = Object.assign(new Error('ENOSPC: no watch is left'), { code: 'ENOSPC' });
  const failing = () => {
    throw noSpace;
  };

  it('the poll notices changes, and one line warns', async () => {
    const { at, file } = written();
    const { sees, warnings } = watching(file, { watch: failing, poll: 20 });
    writeFileSync(file, 'two');
    await sees('two');
    rmSync(file);
    await sees(missing);
    expect(warnings).toEqual([
      `Cannot watch ${at}: ENOSPC: no watch is left; its file is looked at every 20ms instead`,
    ]);
  });

  it('a watch that fails later is begun again', async () => {
    const { file } = written();
    const begun: ReturnType<typeof watch>[] = [];
    const { sees, warnings } = watching(file, {
      poll: 20,
      watch: (at, options) => {
        const watcher = watch(at, options);
        begun.push(watcher);
        return watcher;
      },
    });
    begun[0]?.emit('error', noSpace);
    writeFileSync(file, 'two');
    await sees('two');
    expect(begun).toHaveLength(2);
    expect(warnings).toHaveLength(1);
  });
});

it('once closed, nothing is noticed, no watch is left, and it may be closed again', async () => {
  const { file } = written();
  const watches = countedWatches();
  const { noticed, close } = watching(file, { poll: 1, watch: watches.watch });
  // Resources that keep a process alive.
  expect(process.getActiveResourcesInfo()).not.toContain('FSEventWrap');
  writeFileSync(file, 'two');
  close();
  close();
  await until('watches to be closed', () => watches.open === 0);
  expect(watches.begun).toBe(1);
  const { sees } = watching(file, { last: { ok: true, text: 'one' } });
  await sees('two');
  expect(noticed).toEqual([]);
});
