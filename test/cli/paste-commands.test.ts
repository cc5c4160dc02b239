import { expect, it } from 'vitest';
import { pasteCommands } from '../../src/cli/paste-commands.ts';
import { gatewayMachine, type Planning, plan } from '../plan/planning.ts';

const commands = (planning: Planning) => pasteCommands(plan(planning), { ...gatewayMachine, ...planning.facts });

const forward = (...forwards: readonly string[]): Planning => ({ command: 'forward', forwards });

it('tries services at the address that the machine has in the subnet', () => {
  expect(commands({})).toEqual([
    'ssh -p 30016 user@192.168.20.17',
    'curl http://192.168.20.17:31016/',
    'curl -k https://192.168.20.17:32016/',
  ]);
});

it('tries everything that others reach at the public address', () => {
  const yaml = `public: [203.0.113.7]
gateway: { services: { ssh: { base: 30000, port: 22 } } }
forwards: [{ listen: 8080, to: 10.0.0.5:80 }, { listen: "192.168.20.17:8081", to: 10.0.0.5:80 }]
`;
  expect(commands({ yaml })).toEqual([
    'ssh -p 30016 user@203.0.113.7',
    'curl http://203.0.113.7:8080/',
    'curl http://203.0.113.7:8081/',
  ]);
  expect(commands({ flags: { 'public-address': '2001:db8::7', service: 'http=31000:80' } })).toEqual([
    'curl http://[2001:db8::7]:31016/',
  ]);
});

it('tries a forward at localhost where it listens there', () => {
  const flags = { 'public-address': '203.0.113.7' };
  expect(commands(forward('8080=10.0.0.5:80', '127.0.0.1:2222=10.0.0.5:22'))).toEqual([
    'curl http://localhost:8080/',
    'ssh -p 2222 user@localhost',
  ]);
  expect(commands({ ...forward('127.0.0.1:8080=10.0.0.5:80'), flags })).toEqual(['curl http://localhost:8080/']);
});

it('tries a forward at its own address otherwise', () => {
  expect(
    commands(forward('192.168.20.17:8443=10.0.0.5:443', '127.0.0.9:5432=db:5432', '[::1]:9009=10.0.0.5:9')),
  ).toEqual(['curl -k https://192.168.20.17:8443/', 'nc 127.0.0.9 5432', 'nc ::1 9009']);
});
