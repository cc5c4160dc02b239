import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Mapping } from '../forwarders/forwarder.ts';
import { findProgram, output, versionOf } from './find-program.ts';
import { NotHere, type Peer } from './peer.ts';

export const nginx: Peer = {
  name: 'nginx stream',
  async prepare({ folder }) {
    const program = findProgram('nginx');
    const module = streamModule(program);
    const command = (mappings: readonly Mapping[]): Command => {
      const file = join(folder, 'nginx.conf');
      writeFileSync(file, configuration(folder, module, mappings));
      return [program, '-p', folder, '-e', 'stderr', '-c', file];
    };
    return {
      kind: 'program',
      name: nginx.name,
      role: 'other',
      version: versionOf(program, ['-v']),
      command: (mapping) => command([mapping]),
      commandForMany: command,
    };
  },
};

/** How the stream module comes in: it is built in, or a file to load, or missing. */
type StreamModule = { readonly kind: 'built in' } | { readonly kind: 'file'; readonly path: string };

function streamModule(program: string): StreamModule {
  const built = output(program, ['-V']);
  if (!built.includes('--with-stream')) throw new NotHere('this nginx was built without its stream module');
  if (!built.includes('--with-stream=dynamic')) return { kind: 'built in' };
  const folder = /--modules-path=(\S+)/.exec(built)?.[1] ?? '/usr/lib/nginx/modules';
  const path = join(folder, 'ngx_stream_module.so');
  if (existsSync(path)) return { kind: 'file', path };
  throw new NotHere(`nginx is installed, its stream module is not (no ${path}; on Debian libnginx-mod-stream)`);
}

function configuration(folder: string, module: StreamModule, mappings: readonly Mapping[]): string {
  return [
    ...(module.kind === 'file' ? [`load_module ${module.path};`] : []),
    'daemon off;',
    'master_process off;',
    'worker_processes 1;',
    `pid ${join(folder, 'nginx.pid')};`,
    'error_log stderr crit;',
    'events { worker_connections 19000; }',
    'stream {',
    '  access_log off;',
    '  tcp_nodelay on;',
    '  proxy_buffer_size 64k;',
    '  proxy_connect_timeout 5s;',
    '  proxy_timeout 1h;',
    ...mappings.map(
      ({ listen, target }) =>
        `  server { listen ${listen.host}:${listen.port} backlog=1024; proxy_pass ${target.host}:${target.port}; }`,
    ),
    '}',
    '',
  ].join('\n');
}
