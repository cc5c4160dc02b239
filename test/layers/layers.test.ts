import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readImportGraph, sourceFile } from './import-graph.ts';
import { brokenRules, floors, roomOf } from './layer-rules.ts';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

describe('the source tree', () => {
  it('imports go down only, in no circle, and no file is too long', async () => {
    expect(brokenRules(await readImportGraph(src))).toEqual([]);
  });

  it('is really walked: the floors that carry it are there, and files import each other', async () => {
    const files = await readImportGraph(src);
    const rooms = new Set(files.map((file) => roomOf(file.path)));
    expect([...rooms]).toEqual(
      expect.arrayContaining(['main', 'cli', 'gateway', 'session', 'engine', 'plan', 'config', 'base']),
    );
    expect(floors.flat()).toEqual(expect.arrayContaining([...rooms]));
    expect(files.find((file) => file.path === 'floatgate.cts')?.files).toEqual(
      expect.arrayContaining(['base/thread-pool.ts', 'main.ts']),
    );
    expect(files.find((file) => file.path === 'main.ts')?.files).not.toEqual([]);
  });
});

describe('the walker on a made-up tree', () => {
  const broken = (tree: Record<string, string>) =>
    brokenRules(Object.entries(tree).map(([path, text]) => sourceFile(path, text)));

  it('lets a sound one pass', () => {
    const tree = {
      'main.ts': `import { up } from './cli/up.ts';`,
      'cli/up.ts': [
        `import type { Plan } from '../plan/plan.ts';`,
        `import { table } from './table.ts';`,
        `import yargs from 'yargs';`,
      ].join('\n'),
      'cli/table.ts': '',
      'plan/plan.ts': '',
    };
    expect(broken(tree)).toEqual([]);
  });

  it('sees what a CommonJS file requires as the source it is built from', () => {
    const entry = sourceFile('floatgate.cts', `var pool = require('./base/pool.js'); import('./main.ts');`);
    expect(entry.files).toEqual(['base/pool.ts', 'main.ts']);
  });

  it.each([
    ['a plain import', `import { session } from '../session/session.ts';`],
    ['an import of types', `import type { Session } from '../session/session.ts';`],
    ['an import over lines', `import {\n  a,\n  type B as C,\n} from "../session/session.ts";`],
    ['a namespace', `import * as all from '../session/session.ts';`],
    ['a bare import', `import '../session/session.ts';`],
    ['an export from', `export { session } from '../session/session.ts';`],
    ['an export of all', `export * from '../session/session.ts';`],
    ['a dynamic import', `const session = await import('../session/session.ts');`],
    ['a type in place', `type Session = import('../session/session.ts').Session;`],
    ['a worker', `new Worker(new URL('../session/session.ts', import.meta.url));`],
    ['a resolve', `import.meta.resolve('../session/session.ts');`],
    ['one behind a string that looks like a comment', `const glob = '**/*.ts';\nimport('../session/session.ts');`],
    ['one behind a comment', `/* from here */ import { session } from '../session/session.ts'; // down`],
  ])('sees %s that goes up', (_, text) => {
    expect(broken({ 'engine/engine.ts': text, 'session/session.ts': '' })).toEqual([
      'engine/engine.ts imports upward: session/session.ts',
    ]);
  });

  it('passes over comments and template strings', () => {
    const text = [
      `// import { session } from '../session/session.ts';`,
      `/** import('../session/session.ts') */`,
      `const text = \`import '../session/session.ts'\`;`,
    ].join('\n');
    expect(broken({ 'engine/engine.ts': text, 'session/session.ts': '' })).toEqual([]);
  });

  it('sees one that goes sideways', () => {
    expect(broken({ 'engine/a.ts': `import '../policy/b.ts';`, 'policy/b.ts': '' })).toEqual([
      'engine/a.ts imports sideways: policy/b.ts',
    ]);
  });

  it('sees circles, in one folder too', () => {
    const tree = {
      'engine/a.ts': `import './b.ts';`,
      'engine/b.ts': `import './c.ts';`,
      'engine/c.ts': `import './a.ts';`,
      'engine/d.ts': `import './a.ts';`,
    };
    expect(broken(tree)).toEqual(['imports run in a circle: engine/a.ts -> engine/b.ts -> engine/c.ts -> engine/a.ts']);
  });

  it('sees a folder on no floor, and an import that leads nowhere', () => {
    expect(broken({ 'utils/a.ts': '' })).toEqual(['utils/a.ts is on no floor']);
    expect(broken({ 'engine/a.ts': `import './b.ts';` })).toEqual([
      'engine/a.ts imports engine/b.ts, which is not there',
    ]);
  });

  it('sees koffi outside libc, and logs and metrics in the data plane', () => {
    expect(broken({ 'libc/a.ts': `import koffi from 'koffi';`, 'observe/a.ts': `import pino from 'pino';` })).toEqual(
      [],
    );
    expect(broken({ 'engine/a.ts': `import koffi from 'koffi';` })).toEqual([
      'engine/a.ts imports koffi, which only libc may know',
    ]);
    expect(broken({ 'session/a.ts': `import type { Logger } from 'pino';` })).toEqual([
      'session/a.ts imports pino, which session may not know',
    ]);
  });

  it('sees a file that is too long', () => {
    expect(broken({ 'engine/a.ts': '\n'.repeat(300) })).toEqual([]);
    expect(broken({ 'engine/a.ts': '\n'.repeat(301) })).toEqual(['engine/a.ts has 301 lines, more than 300']);
  });
});
