import { settings } from '../config/settings.ts';
import { type Command, skipBusy, verbose } from './command.ts';
import { runGateway } from './run-gateway.ts';

export const up: Command = {
  name: 'up',
  positionals: '',
  summary: 'Map the hosts of a subnet to ports: 30000+n leads to port 22 of host n, 31000+n to 80, 32000+n to 443',
  settings,
  switches: [skipBusy, verbose],
  config: 'takes a file',
  examples: [
    ['up', "Map this machine's own subnet"],
    ['up --subnet 192.168.20.0/24 --skip 17', 'Name the subnet, leave host 17 out'],
    ['up --subnet metadata', "Ask the cloud's metadata service for the subnet"],
    ['up --service ssh=30000:22 --service db=29000:5432', 'Choose the services'],
    ['up --allow 203.0.113.0/24 --per-source-rate 20/m', 'Keep strangers and the hasty out'],
    ['up --config gateway.yaml', 'Take it all from a file'],
  ],
  run: (given, io) => runGateway({ command: 'up' }, given, io),
};
