import { release } from 'node:os';
import { findProgram, versionOf } from './find-program.ts';
import { buildNatNetwork, floatingAddress, ownAddress } from './nat-network.ts';
import { NotHere, type Peer } from './peer.ts';

/** Where clients connect: the tutorial's port for SSH on host 16. */
const port = 30_016;

/** The tutorial's first way: the kernel forwards, by a pair of iptables rules. */
export const kernelDnat: Peer = {
  name: 'kernel DNAT',
  async prepare(workshop, children) {
    if (process.getuid?.() !== 0) throw new NotHere('network namespaces need root');
    findProgram('ip');
    const iptables = findProgram('iptables');
    const { stage, onGateway } = buildNatNetwork(workshop, children);
    onGateway(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
    return {
      kind: 'kernel',
      name: kernelDnat.name,
      role: 'other',
      version: `Linux ${release().split('-')[0]}, iptables ${versionOf(iptables, ['--version'])}`,
      remark: 'load and target in namespaces, over veth instead of loopback; CPU is charged to no process',
      unfit: { idle: 'no process whose memory could be read', 'start-up': 'rules instead of listeners' },
      stage,
      async open(target) {
        const tcp = ['-p', 'tcp', '-m', 'tcp', '--dport'];
        const dnat = ['-j', 'DNAT', '--to-destination', `${target.host}:${target.port}`];
        const snat = ['-j', 'SNAT', '--to-source', ownAddress];
        const rules = [
          ['PREROUTING', '-i', 'ens3', ...tcp, String(port), ...dnat],
          ['POSTROUTING', '-d', `${target.host}/32`, ...tcp, String(target.port), ...snat],
        ];
        for (const rule of rules) onGateway([iptables, '-t', 'nat', '-A', ...rule]);
        return {
          at: { host: floatingAddress, port },
          async close() {
            for (const rule of rules) onGateway([iptables, '-t', 'nat', '-D', ...rule]);
          },
        };
      },
    };
  },
};
