import { settings } from '../config/settings.ts';
import { type Command, isGatewaySetting, skipBusy, verbose } from './command.ts';
import { runGateway } from './run-gateway.ts';
import { UsageError } from './usage.ts';

export const forward: Command = {
  name: 'forward',
  positionals: 'LISTEN=TARGET[,TARGET...]...',
  summary: 'Lead single ports to a target, or to several in turn, for as long as it runs',
  settings: settings.filter((setting) => !isGatewaySetting(setting)),
  switches: [skipBusy, verbose],
  config: 'takes a file',
  examples: [
    ['forward 8080=10.0.0.5:80', 'Port 8080 of every address leads to port 80 of 10.0.0.5'],
    ['forward 127.0.0.1:2222=10.0.0.5:22 5432=db.internal:5432', 'Two at once; a name is looked up at each dial'],
    ['forward 8080=10.0.0.5:80,10.0.0.6:80', 'Several targets take turns; one that fails is passed over'],
    ["forward '[::1]:8080=[fd00::5]:80'", 'IPv6; quotes keep the shell from reading the brackets'],
  ],
  async run(given, io) {
    if (given.positionals.length === 0) {
      throw new UsageError('Cannot forward nothing: write at least one LISTEN=TARGET, like 8080=10.0.0.5:80');
    }
    return await runGateway({ command: 'forward', forwards: given.positionals }, given, io);
  },
};
