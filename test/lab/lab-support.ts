import { spawnSync } from 'node:child_process';
import { isRoot } from '../helpers/nobody.ts';

const tools: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  iptables: 'iptables',
  setpriv: 'util-linux',
  sshd: 'openssh-server',
  sftp: 'openssh-client',
  nginx: 'nginx',
  curl: 'curl',
  openssl: 'openssl',
};

/**
 * Why the lab cannot be built here, or `undefined` when it can. In CI that is an error: nothing may be skipped there.
 */
export function labHindrance(): string | undefined {
  const why = findHindrance();
  if (why !== undefined && process.env.CI !== undefined && process.env.CI !== 'false') {
    throw new Error(`Cannot run the lab in CI: ${why}`);
  }
  return why;
}

/** A title with the reason why its tests are skipped. */
export function labTitle(title: string, hindrance: string | undefined): string {
  return hindrance === undefined ? title : `${title} (skipped: ${hindrance})`;
}

function findHindrance(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (!isRoot) return 'network namespaces need root';
  for (const [tool, debianPackage] of Object.entries(tools)) {
    if (spawnSync('sh', ['-c', `command -v ${tool}`], { env: searchPath() }).status !== 0) {
      return `${tool} is missing, install ${debianPackage}`;
    }
  }
  const name = `floatgate-${process.pid}-try`;
  const netns = (...args: string[]) => spawnSync('ip', ['netns', ...args]).status === 0;
  if (!netns('add', name)) return 'this machine lets nobody make a network namespace';
  try {
    const rule = ['-t', 'nat', '-A', 'POSTROUTING', '-p', 'tcp', '-j', 'SNAT', '--to-source', '192.0.2.1'];
    if (!netns('exec', name, 'iptables', ...rule)) return 'iptables cannot make NAT rules here';
    return undefined;
  } finally {
    netns('delete', name);
  }
}

/** Daemons and network tools live in sbin, which not every PATH has. */
function searchPath(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
}
