import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayAddress, hostAddress, type Lab, ownHost } from './lab.ts';
import { hostFolder, type LabServers, sshHosts } from './lab-servers.ts';

/** What a client got to see; equal through any gateway that does the tutorial's job. */
export interface Seen {
  readonly code: number | null;
  readonly output: string;
}

/** Something that a user of the gateway types. */
export interface ClientCommand {
  readonly title: string;
  readonly expected: Seen;
  readonly run: (lab: Lab, servers: LabServers) => Promise<Seen>;
}

const manyLines = Array.from({ length: 500_000 }, (_, line) => `${line + 1}\n`).join('');
const someInput = randomBytes(512 * 1024).toString('hex');

/** The gateway's own services see the client itself through iptables (DNAT to INPUT); floatgate shows itself. */
function greeting(host: number): ClientCommand {
  const asker = host === ownHost ? '' : ' asked by $1';
  const source = host === ownHost ? '' : ` asked by ${hostAddress(ownHost)}`;
  const answer = `host ${host} at ${hostAddress(host)}:22${source}\n`;
  return ssh(`names host ${host}`, host, `set -- $SSH_CONNECTION; echo "host $LAB_HOST at $3:$4${asker}"`, answer);
}

function ssh(title: string, host: number, remote: string, output: string, code = 0, input = ''): ClientCommand {
  return {
    title: `ssh -p ${30_000 + host}: ${title}`,
    expected: { code, output },
    async run(lab, servers) {
      const args = ['-p', String(30_000 + host), ...sshOptions(servers), `root@${gatewayAddress}`, remote];
      const { code, stdout, stderr } = await lab.client.run(['ssh', ...args], { input });
      return { code, output: stdout + stderr };
    },
  };
}

function curl(scheme: 'http' | 'https', host: number): ClientCommand {
  const port = (scheme === 'http' ? 31_000 : 32_000) + host;
  return {
    title: `curl ${scheme}://${gatewayAddress}:${port}: host ${host}`,
    expected: { code: 0, output: `host ${hostAddress(host)} over ${scheme}, GET /page?a=1\n200 ${host}` },
    async run(lab, servers) {
      const trust = scheme === 'https' ? ['--cacert', servers.certificate] : [];
      const url = `${scheme}://${gatewayAddress}:${port}/page?a=1`;
      const { code, stdout, stderr } = await lab.client.run(curlCommand(url, '-w', `%{http_code} ${host}`, ...trust));
      return { code, output: stdout + stderr };
    },
  };
}

/** 64 MiB there and back again; the output is the checksum of what arrived there and of what came back. */
function sftpRoundTrip(host: number): ClientCommand {
  const file = randomBytes(64 * 1024 * 1024);
  const checksum = sha256(file);
  return {
    title: `sftp -P ${30_000 + host}: 64 MiB there and back`,
    expected: { code: 0, output: `there ${checksum}, back ${checksum}` },
    async run(lab, servers) {
      const sent = join(lab.folder, 'sent');
      const back = join(lab.folder, 'back');
      const there = join(hostFolder(lab, host), 'there');
      await writeFile(sent, file);
      const input = `put ${sent} there\nget there ${back}\n`;
      const args = ['-b', '-', '-P', String(30_000 + host), ...sshOptions(servers), `root@${gatewayAddress}`];
      const { code } = await lab.client.run(['sftp', ...args], { input, timeout: 120_000 });
      const output = `there ${sha256(await readFile(there))}, back ${sha256(await readFile(back))}`;
      await Promise.all([sent, back, there].map((path) => rm(path)));
      return { code, output };
    },
  };
}

/** Every command that must come out the same, whichever gateway it goes through. */
export const clientCommands: readonly ClientCommand[] = [
  ...sshHosts.map(greeting),
  ssh('a long answer', 16, 'seq 1 500000', manyLines),
  ssh('stdin there and back', 16, 'cat', someInput, 0, someInput),
  ssh('the exit code of the command', 16, 'exit 7', '', 7),
  sftpRoundTrip(16),
  ...sshHosts.map((host) => curl('http', host)),
  ...sshHosts.map((host) => curl('https', host)),
];

/** ssh without any setting or key of this machine, and strict about host keys. */
export function sshOptions(servers: LabServers): readonly string[] {
  const options = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'StrictHostKeyChecking=yes',
    'GlobalKnownHostsFile=/dev/null',
    `UserKnownHostsFile=${servers.knownHosts}`,
    'LogLevel=ERROR',
  ];
  return ['-F', '/dev/null', '-i', servers.clientKey, ...options.flatMap((option) => ['-o', option])];
}

/** curl without any setting or proxy of this machine. */
export function curlCommand(url: string, ...options: readonly string[]): readonly string[] {
  return ['curl', '-q', '-sS', '--noproxy', '*', ...options, url];
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
