import { settings } from '../config/settings.ts';
import { type Command, servingFlags, skipBusy, subnetFlags, verbose, watch } from './command.ts';
import { runGateway } from './run-gateway.ts';

export const up: Command = {
  name: 'up',
  positionals: '',
  brief: 'Map the hosts of a subnet to ports',
  summary: 'Port 30000+n leads to port 22 of host n, 31000+n to 80, 32000+n to 443',
  settings,
  switches: [skipBusy, verbose, watch],
  config: 'takes a file',
  common: [...subnetFlags, ...servingFlags],
  examples: [
    ['up', "Map this machine's own subnet"],
    ['up --subnet 192.168.20.0/24', 'Name the subnet'],
    ['up --subnet metadata', 'Ask the cloud for it'],
    ['up --service ssh=20000:22', 'Choose services and their ports'],
    ['up --allow 203.0.113.0/24', 'Let in clients of one network alone'],
    ['up --config gateway.yaml', 'Take it all from a file'],
  ],
  run: (given, io) => runGateway({ command: 'up' }, given, io),
};
