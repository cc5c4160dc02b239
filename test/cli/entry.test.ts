import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until, within } from '../helpers/until.ts';
import { type Compiled, compileAll } from '../observe/compile.ts';

let compiled: Compiled;
let folder: string;

beforeAll(() => {
  compiled = compileAll();
  folder = mkdtempSync(join(tmpdir(), 'floatgate-entry-'));
});

afterAll(() => {
  compiled.remove();
  rmSync(folder, { recursive: true });
});

function run(flags: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const words = [...flags, join(compiled.folder, 'floatgate.cjs'), '--version'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    env: { ...process.env, UV_THREADPOOL_SIZE: '', NODE_OPTIONS: '', ...env },
  });
  return { status, stdout, stderr };
}

/** Code that Node runs before the entry. */
const preload = (code: string) => ['--import', `data:text/javascript,${encodeURIComponent(code)}`];

describe('the entry', () => {
  it('is ES5 but for import(), so that any Node can parse it', () => {
    const text = readFileSync(join(compiled.folder, 'floatgate.cjs'), 'utf8');
    const code = text
      .replace(/= \/.*\/;$/gm, '= 0;')
      .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
      .replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''")
      .replace(/^#![^\n]*/, '');
    // The replacements must not have taken more than they are meant to.
    expect(code.length).toBeGreaterThan(2_000);
    expect(code).toContain('import(');
    const modern = [
      /\b(?:let|const|class|async|await|yield|of|super|extends)\b/,
      /=>|`|\?\.|\?\?|\*\*|\.\.\./,
      /\b(?:catch)\s*\{/,
      // Defaults of parameters, destructuring, shorthand methods.
      /function\s*\w*\([^)]*[={[][^)]*\)/,
      /\bvar\s*[{[]/,
      /[{,]\s*(?!if\b|for\b|while\b|switch\b|function\b)\w+\s*\([^()]*\)\s*\{/,
    ];
    for (const pattern of modern) expect(code).not.toMatch(pattern);
    expect(code.match(/\bimport\b/g)).toHaveLength(1);
    // Unknown to Node 14.17 and older.
    expect(text).not.toMatch(/require\(['"]node:/);
  });

  it('needs the Node that package.json needs', () => {
    const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const text = readFileSync(join(compiled.folder, 'floatgate.cjs'), 'utf8');
    const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(engines.node) ?? [];
    expect(text).toContain(`major < ${major} || (major === ${major} && Number(version[1]) < ${minor})`);
    expect(text).toContain(`var oldest = [${major}, ${minor}];`);
  });

  it.each(['v10.24.1', 'v14.21.3', 'v18.20.8', 'v20.18.3'])('refuses Node %s in one sentence', (version) => {
    const changed = `[['version', '${version}'], ['versions', { node: '${version.slice(1)}' }]]`;
    const code = `for (const [name, value] of ${changed})
      Object.defineProperty(process, name, { value });`;
    expect(run(preload(code))).toEqual({
      status: 2,
      stdout: '',
      stderr: `Cannot run on Node ${version}: floatgate needs 20.19 or newer; install that\n`,
    });
  });

  it('sizes the thread pool, and reports a module that has started it before', () => {
    const show = "process.on('exit', () => console.log(process.env.UV_THREADPOOL_SIZE))";
    expect(run(preload(show)).stdout).toMatch(/\n65\n$/);
    expect(run(preload(show), { UV_THREADPOOL_SIZE: '7' }).stdout).toMatch(/\n7\n$/);
    const early = `import { stat } from 'node:fs'; stat('/', () => {}); ${show}`;
    expect(run(preload(early)).stdout).toMatch(/\n4\n$/);
  });

  it('works under --frozen-intrinsics, or reports why not', () => {
    const { status, stderr } = run(['--no-warnings', '--frozen-intrinsics']);
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    if (major > 22 || (major === 22 && minor >= 9)) expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    else {
      expect(status).toBe(2);
      expect(stderr).toMatch(
        /^Cannot run with --frozen-intrinsics on Node v20\..*; leave the flag out, or use Node 22\.9/,
      );
    }
  });

  // Node 20 has no such flag.
  const permission = process.allowedNodeEnvironmentFlags.has('--permission') ? it : undefined;
  permission?.('reports what --permission must allow', () => {
    expect(run(['--permission'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /^Cannot run under Node's --permission as given: floatgate also needs --allow-fs-read=\* --allow-fs-write=\*/,
      ),
    });
    const net = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : [];
    const allowed = ['--no-warnings', '--permission', '--allow-fs-read=*', '--allow-fs-write=*', ...net];
    expect(run(allowed)).toMatchObject({ status: 0, stderr: '' });
  });

  it('main.js refuses to run by itself', () => {
    const main = spawnSync(process.execPath, [join(compiled.folder, 'main.js'), '--version'], { encoding: 'utf8' });
    expect(main).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'Cannot run main.js by itself: it is a part of floatgate; run floatgate.cjs beside it\n',
    });
  });

  it('lets a signal end a command that serves nothing, stuck in a write', async () => {
    const path = join(folder, 'stuck');
    spawnSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stuck = openSync(path, constants.O_WRONLY);
    // The pipe has no reader, and no room for a single line.
    spawnSync('dd', ['if=/dev/zero', 'bs=4096', 'count=64', 'oflag=nonblock'], { stdio: ['ignore', stuck, 'ignore'] });
    const words = [join(compiled.folder, 'floatgate.cjs'), 'map', '--subnet', '192.168.20.0/24'];
    const child = spawn(process.execPath, words, { stdio: ['ignore', stuck, 'ignore'] });
    const exit = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
    try {
      await until('signals left to the kernel', () => {
        const caught = BigInt(`0x${/^SigCgt:\s*(\w+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]}`);
        return (caught & (1n << 0n)) !== 0n && (caught & (1n << 14n)) === 0n;
      });
      child.kill('SIGTERM');
      expect(await within('the end', exit)).toEqual({ code: null, signal: 'SIGTERM' });
    } finally {
      child.kill('SIGKILL');
      closeSync(reader);
      closeSync(stuck);
    }
  });
});
