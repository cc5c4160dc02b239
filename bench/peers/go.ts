import { once } from 'node:events';
import { join } from 'node:path';
import type { Command, Mapping } from '../forwarders/forwarder.ts';
import type { Children } from '../process/children.ts';
import { projectRoot } from '../process/project.ts';
import { findProgram, versionOf } from './find-program.ts';
import { NotHere, type Peer } from './peer.ts';

/** How long compiling may take, milliseconds. */
const deadline = 120_000;

export const go: Peer = {
  name: 'Go io.Copy',
  async prepare({ folder }, children) {
    const compiler = findProgram('go');
    const program = await compile(compiler, folder, children);
    const command = (mappings: readonly Mapping[]): Command => [
      'env',
      'GOMAXPROCS=1',
      program,
      ...mappings.map(({ listen, target }) => `${listen.host}:${listen.port}=${target.host}:${target.port}`),
    ];
    return {
      kind: 'program',
      name: go.name,
      role: 'other',
      version: versionOf(compiler, ['version']),
      remark: 'idle with up to 2,000 sessions: each is six descriptors, as io.Copy holds a pipe for each direction',
      mostSessions: 2_000,
      command: (mapping) => command([mapping]),
      commandForMany: command,
    };
  },
};

/** From the standard library alone and without the network; whatever the compiler writes goes into the folder. */
async function compile(compiler: string, folder: string, children: Children): Promise<string> {
  const program = join(folder, 'forward');
  const settings = [
    ...[`GOCACHE=${join(folder, 'go-cache')}`, `GOPATH=${join(folder, 'go-path')}`, 'GOENV=off'],
    ...['GOPROXY=off', 'GO111MODULE=off', 'GOFLAGS=', 'CGO_ENABLED=0'],
  ];
  const source = join(projectRoot(), 'bench', 'peers', 'forward.go');
  const build = children.spawn(
    'env',
    [...settings, compiler, 'build', '-o', program, source],
    ['ignore', 'ignore', 'pipe'],
  );
  let output = '';
  build.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-500);
  });
  const timer = setTimeout(() => void children.stop(build), deadline);
  const [code] = await once(build, 'exit');
  clearTimeout(timer);
  if (code !== 0) throw new NotHere(`forward.go does not compile here: ${output.trim() || `exit code ${code}`}`);
  return program;
}
