import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slack } from '../helpers/until.ts';
import { clientCommands, curlCommand, type Seen, sshOptions } from './client-commands.ts';
import { dialTimeout } from './floatgate-gateway.ts';
import { downHost, gatewayAddress, type Lab, openLab } from './lab.ts';
import { closedHost, type LabServers, startServers } from './lab-servers.ts';
import { labHindrance, labTitle } from './lab-support.ts';
import { rawConnect } from './raw-connect.ts';
import { ways } from './ways.ts';

const hindrance = labHindrance();

describe.skipIf(hindrance !== undefined)(labTitle('one lab, two ways to reach its hosts', hindrance), () => {
  let lab: Lab;
  let servers: LabServers;

  beforeAll(async () => {
    lab = await openLab();
    servers = await startServers(lab);
  });

  afterAll(() => lab?.close());

  const [iptables] = ways;
  const seenThrough = new Map(ways.map((way) => [way, new Map<string, Seen>()]));

  describe.each(ways.map((way) => [way.name, way] as const))('%s', (_, way) => {
    beforeAll(async () => await way.start(lab));

    it.each(clientCommands.map((command) => [command.title, command] as const))('%s', async (_, command) => {
      const seen = await command.run(lab, servers);
      seenThrough.get(way)?.set(command.title, seen);
      expectSeen(seen, command.expected);
    });

    // No skipped test for the reference itself.
    if (way !== iptables) {
      it('shows the client what iptables shows it, byte for byte', () => {
        for (const { title } of clientCommands) {
          const reference = seenThrough.get(iptables)?.get(title);
          expect(reference, title).toBeDefined();
          expect(seenThrough.get(way)?.get(title)?.output === reference?.output, title).toBe(true);
          expect(seenThrough.get(way)?.get(title)?.code, title).toBe(reference?.code);
        }
      });
    }

    it('a closed port fails at once, with not one byte', async () => {
      const seen = await rawConnect(lab, 30_000 + closedHost);
      expect(seen).toMatchObject({ bytes: 0, ...way.refused });
      expect(seen.duration).toBeLessThan(slack);

      const url = `http://${gatewayAddress}:${31_000 + closedHost}/`;
      const curl = await lab.client.run(curlCommand(url));
      expect(way.curlRefused).toContain(curl.code);
      expect(curl.stdout).toBe('');
      expect(curl.duration).toBeLessThan(slack);

      const ssh = await lab.client.run([
        'ssh',
        '-p',
        String(30_000 + closedHost),
        ...sshOptions(servers),
        atGateway,
        'id',
      ]);
      expect(ssh).toMatchObject({ code: 255, stdout: '' });
      expect(ssh.duration).toBeLessThan(slack);
    });

    it('a host that is down fails after the dial time-out, with not one byte', async () => {
      // Through iptables nothing but the client's own time-out bounds the wait.
      const url = `http://${gatewayAddress}:${31_000 + downHost}/`;
      const curl = await lab.client.run(
        curlCommand(url, ...(way === iptables ? ['--connect-timeout', `${dialTimeout}`] : [])),
      );
      expect(curl.stdout).toBe('');
      // 28 is curl's own time-out, 7 the ICMP message, 56 the reset.
      expect(way === iptables ? [7, 28] : [56]).toContain(curl.code);
      expect(curl.duration).toBeLessThan(dialTimeout * 1_000 + slack);

      const options = [...sshOptions(servers), '-o', `ConnectTimeout=${dialTimeout}`];
      const ssh = await lab.client.run(['ssh', '-p', String(30_000 + downHost), ...options, atGateway, 'id']);
      expect(ssh).toMatchObject({ code: 255, stdout: '' });
      expect(ssh.duration).toBeLessThan(dialTimeout * 1_000 + slack);
    });

    it('a host that is down, seen by a client without a time-out of its own', async () => {
      const seen = await rawConnect(lab, 30_000 + downHost);
      expect(seen).toMatchObject({ bytes: 0, ...way.down });
      // The kernel's way has no bound that the gateway's admin could name: three tries of a second each for ARP here.
      if (way !== iptables) expect(seen.duration).toBeLessThan(dialTimeout * 1_000 + slack);
    });
  });
});

const atGateway = `root@${gatewayAddress}`;

/** As `toEqual`, but without megabytes in the message of a failure. */
function expectSeen(seen: Seen, expected: Seen): void {
  const short = (text: string) =>
    text.length <= 2_000 ? text : `${text.slice(0, 2_000)} ... ${text.length} characters`;
  expect({ code: seen.code, output: short(seen.output) }).toEqual({
    code: expected.code,
    output: short(expected.output),
  });
  expect(seen.output === expected.output).toBe(true);
}
