import type { ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from '../helpers/run-command.ts';
import { until } from '../helpers/until.ts';
import { gatewayAddress, hostAddress, type Lab, ownHost, subnetHosts } from './lab.ts';
import type { Namespace } from './namespace.ts';

/** Hosts that run an SSH server; the last is the gateway itself. */
export const sshHosts: readonly number[] = [1, 16, 100, 254, ownHost];

/** Host 2 is up, but serves nothing: each of its ports refuses. */
export const closedHost = 2;
const httpHosts: readonly number[] = subnetHosts.filter((host) => host !== closedHost);

/** Where clients find the keys that the servers were made with. */
export interface LabServers {
  /** Private key of the one account, `root`; no password would do. */
  readonly clientKey: string;
  /** Host keys by gateway address and port, so that ssh itself proves that the port leads to its host. */
  readonly knownHosts: string;
  /** Certificate of the HTTPS servers, made out to the gateway's address. */
  readonly certificate: string;
}

/** Starts the real servers of the subnet and of the gateway itself; they end with the lab. */
export async function startServers(lab: Lab): Promise<LabServers> {
  const servers = {
    clientKey: join(lab.folder, 'client-key'),
    knownHosts: join(lab.folder, 'known-hosts'),
    certificate: join(lab.folder, 'certificate.pem'),
  };
  await makeKey(servers.clientKey);
  const known = await Promise.all(sshHosts.map((host) => startSshd(lab, host, `${servers.clientKey}.pub`)));
  await writeFile(servers.knownHosts, known.join(''));
  await makeCertificate(servers.certificate);
  await startNginx(lab, lab.subnet, httpHosts, servers.certificate);
  await startNginx(lab, lab.gateway, [ownHost], servers.certificate);
  return servers;
}

/** The namespace that holds a host. */
function homeOf(lab: Lab, host: number): Namespace {
  return host === ownHost ? lab.gateway : lab.subnet;
}

/** The host's own folder; its SSH sessions and file transfers may write there. */
export function hostFolder(lab: Lab, host: number): string {
  return join(lab.folder, `host-${host}`);
}

async function makeKey(file: string): Promise<void> {
  await mustRun('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', file]);
}

async function makeCertificate(file: string): Promise<void> {
  const san = `subjectAltName=IP:${gatewayAddress}`;
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${file}.key`];
  await mustRun('openssl', ['req', '-x509', ...key, '-out', file, '-days', '2', '-subj', '/CN=lab', '-addext', san]);
}

/** Returns the host's line for known_hosts. */
async function startSshd(lab: Lab, host: number, clientKey: string): Promise<string> {
  const folder = hostFolder(lab, host);
  await mkdir(folder);
  const key = join(folder, 'host-key');
  await makeKey(key);
  const config = `
ListenAddress ${hostAddress(host)}:22
HostKey ${key}
AuthorizedKeysFile ${clientKey}
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
UseDNS no
MaxStartups 100
SetEnv LAB_HOST=${host}
Subsystem sftp internal-sftp -d ${folder}
`;
  await writeFile(join(folder, 'sshd_config'), config);
  // sshd insists on /run/sshd. `ip netns exec` gives each command mounts of its own: the machine's /run stays as it is.
  const start = 'mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec "$(command -v sshd)" -D -e -f "$1"';
  const home = homeOf(lab, host);
  const sshd = home.spawn(['sh', '-c', start, 'sshd', join(folder, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await printed(sshd, 'Server listening on', `sshd of host ${host}`);
  const [type, publicKey] = (await readFile(`${key}.pub`, 'utf8')).split(' ');
  return `[${gatewayAddress}]:${30_000 + host} ${type} ${publicKey}\n`;
}

/** HTTP and HTTPS on every one of `hosts`; each page names its host. */
async function startNginx(lab: Lab, where: Namespace, hosts: readonly number[], certificate: string): Promise<void> {
  const folder = join(lab.folder, `nginx-${where.name}`);
  await mkdir(folder);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`);
  const listens = hosts.map(hostAddress).map((address) => `listen ${address}:80; listen ${address}:443 ssl;`);
  const config = `
daemon off;
user root;
pid nginx.pid;
error_log stderr warn;
worker_processes 1;
events { worker_connections 2048; }
http {
  access_log off;
  ${temporary.join('\n  ')}
  server {
    ${listens.join('\n    ')}
    ssl_certificate ${certificate};
    ssl_certificate_key ${certificate}.key;
    default_type text/plain;
    location / { return 200 "host $server_addr over $scheme, $request_method $request_uri\\n"; }
  }
}
`;
  await writeFile(join(folder, 'nginx.conf'), config);
  const nginx = where.spawn(['nginx', '-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const firstAddress = hostAddress(hosts[0] ?? 1);
  await until(`nginx in ${where.name}`, async () => {
    if (nginx.exitCode !== null) throw new Error(`Cannot start nginx: it ended with ${nginx.exitCode}`);
    return (await where.run(['curl', '-s', '--noproxy', '*', `http://${firstAddress}/`])).code === 0;
  });
}

const metadataServer = fileURLToPath(new URL('./peers/metadata-server.mjs', import.meta.url));

/** The cloud's metadata service comes up; until then its address refuses. Give it to `endProcess` afterwards. */
export async function startMetadata(lab: Lab): Promise<ChildProcess> {
  const args = ['169.254.169.254', '80', hostAddress(ownHost)];
  const server = lab.subnet.spawn([process.execPath, metadataServer, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await printed(server, 'ready', 'the metadata server');
  return server;
}

/** Waits until a server prints `words` on stdout or stderr, and goes on reading, so that it never blocks. */
async function printed(server: ChildProcess, words: string, what: string): Promise<void> {
  let text = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  await until(`${what} ready`, () => {
    if (server.exitCode !== null) throw new Error(`Cannot start ${what}: it ended with ${server.exitCode}: ${text}`);
    return text.includes(words);
  });
}
