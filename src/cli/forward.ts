import { settings } from '../config/settings.ts';
import { type Command, isGatewaySetting, servingFlags, skipBusy, verbose, watch } from './command.ts';
import { runGateway } from './run-gateway.ts';
import { UsageError } from './usage.ts';

export const forward: Command = {
  name: 'forward',
  positionals: 'LISTEN=TARGET[,TARGET...]...',
  brief: 'Lead ports to a target, or to several in turn',
  summary:
    'Lead ports to a target, or to several in turn, for as long as it runs. ' +
    'LISTEN is [ADDRESS:]PORT or a range like 8000-8010; TARGET is HOST:PORT.',
  settings: settings.filter((setting) => !isGatewaySetting(setting)),
  switches: [skipBusy, verbose, watch],
  config: 'takes a file',
  common: servingFlags,
  examples: [
    ['forward 8080=10.0.0.5:80', 'Port 8080 leads to its port 80'],
    ['forward 8080=web1:80,web2:80', 'Two targets, which take turns'],
    ['forward localhost:2222=10.0.0.5:22', 'For this machine alone'],
    ['forward 8000-8010=10.0.0.5:8000-8010', 'Each port to the same there'],
    ["forward '[::1]:8080=[fd00::5]:80'", 'IPv6, in quotes for the shell'],
  ],
  async run(given, io) {
    if (given.positionals.length === 0) {
      throw new UsageError('Cannot forward nothing: write at least one LISTEN=TARGET, like 8080=10.0.0.5:80');
    }
    return await runGateway({ command: 'forward', forwards: given.positionals }, given, io);
  },
};
