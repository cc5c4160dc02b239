import type { SourceFile } from './import-graph.ts';

/** The floors of src, top to bottom; folders of one floor do not know each other. See src/README.md. */
export const floors: readonly (readonly string[])[] = [
  ['floatgate'],
  ['main'],
  ['cli'],
  ['demo'],
  ['gateway'],
  ['admin', 'observe', 'cloud'],
  ['session'],
  ['engine', 'upstream', 'policy'],
  ['plan'],
  ['config'],
  ['proxy-protocol'],
  ['libc', 'base'],
];

const lineLimit = 300;
/** The data plane reports to an observer: it must be able to run in a thread of its own, without logs and metrics. */
const dataPlane = ['session', 'engine', 'policy'];
const observing = /^(pino|prom-client)\b/;

/** Everything in a tree that breaks a rule, as sentences; empty when nothing does. */
export function brokenRules(files: readonly SourceFile[]): string[] {
  return [...files.flatMap(brokenByFile), ...missingFiles(files), ...cycles(files)];
}

/** The top folder of a file; `floatgate.cts` and `main.ts`, which lie in none, are floors of their own. */
export function roomOf(path: string): string {
  const slash = path.indexOf('/');
  return slash === -1 ? path.replace(/\.c?ts$/, '') : path.slice(0, slash);
}

function brokenByFile(file: SourceFile): string[] {
  const room = roomOf(file.path);
  const broken: string[] = [];
  if (floorOf(room) === -1) broken.push(`${file.path} is on no floor`);
  if (file.lines > lineLimit) broken.push(`${file.path} has ${file.lines} lines, more than ${lineLimit}`);
  for (const imported of file.files) {
    const other = roomOf(imported);
    if (other === room || floorOf(other) === -1 || floorOf(room) === -1) continue;
    if (floorOf(other) < floorOf(room)) broken.push(`${file.path} imports upward: ${imported}`);
    if (floorOf(other) === floorOf(room)) broken.push(`${file.path} imports sideways: ${imported}`);
  }
  for (const name of file.packages) {
    if (/^koffi\b/.test(name) && room !== 'libc') broken.push(`${file.path} imports koffi, which only libc may know`);
    if (observing.test(name) && dataPlane.includes(room))
      broken.push(`${file.path} imports ${name}, which ${room} may not know`);
  }
  return broken;
}

function floorOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room));
}

/** An import that leads nowhere would be a floor unwalked. Data files (`.json`) and folders are not walked. */
function missingFiles(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map((file) => file.path));
  const isCode = (path: string) => /\.[cm]?[jt]s$/.test(path);
  return files.flatMap((file) =>
    file.files
      .filter((imported) => isCode(imported) && !paths.has(imported))
      .map((imported) => `${file.path} imports ${imported}, which is not there`),
  );
}

/** Each cycle once, from its first file on: `a.ts -> b.ts -> a.ts`. */
function cycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      found.push(`imports run in a circle: ${[...trail.slice(start), path].join(' -> ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const imported of byPath.get(path)?.files ?? []) visit(imported, [...trail, path]);
    done.add(path);
  };
  for (const file of files) visit(file.path, []);
  return found;
}
