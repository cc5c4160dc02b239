import { settings } from '../config/settings.ts';
import { type Command, isGatewaySetting, servingFlags, skipBusy, verbose, watch } from './command.ts';
import { runGateway } from './run-gateway.ts';
import { changeForwards, refuseRunningOptions } from './running-forwards.ts';
import { UsageError } from './usage.ts';

export const forward: Command = {
  name: 'forward',
  positionals: 'LISTEN=TARGET[,TARGET...]...',
  brief: 'Lead ports to a target, or to several in turn',
  summary:
    'Lead ports to a target, or to several in turn, for as long as it runs. ' +
    'LISTEN is [ADDRESS:]PORT or a range like 8000-8010; TARGET is HOST:PORT.',
  settings: settings.filter((setting) => !isGatewaySetting(setting)),
  switches: [
    skipBusy,
    verbose,
    watch,
    { flag: 'to-running', description: 'Add the forwards to a gateway that runs, and return at once' },
  ],
  options: [
    { flag: 'for', placeholder: 'DURATION', description: 'With --to-running: they go by themselves after that time' },
    {
      flag: 'remove',
      placeholder: 'LISTEN',
      description: 'With --to-running: remove forwards that were added so',
      list: 'with commas',
    },
  ],
  config: 'takes a file',
  common: [
    ...servingFlags,
    ['--to-running [--for 2h]', 'Add them to a gateway that runs; --remove LISTEN removes them'],
  ],
  examples: [
    ['forward 8080=10.0.0.5:80', 'Port 8080 leads to its port 80'],
    ['forward 8080=web1:80,web2:80', 'Two targets, which take turns'],
    ['forward localhost:2222=10.0.0.5:22', 'For this machine alone'],
    ['forward 8000-8010=10.0.0.5:8000-8010', 'Each port to the same there'],
    ["forward '[::1]:8080=[fd00::5]:80'", 'IPv6, in quotes for the shell'],
  ],
  async run(given, io) {
    if (given.switches.has('to-running')) {
      io.endBySignals();
      return await changeForwards(given, io);
    }
    refuseRunningOptions(given);
    if (given.positionals.length === 0) {
      throw new UsageError('Cannot forward nothing: write at least one LISTEN=TARGET, like 8080=10.0.0.5:80');
    }
    return await runGateway({ command: 'forward', forwards: given.positionals }, given, io);
  },
};
