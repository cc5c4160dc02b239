import { logLevels } from '../admin/schemas.ts';
import type { Command } from './command.ts';
import { printMessages } from './print-messages.ts';
import { instance, printReply, withGateway } from './running-gateway.ts';
import { UsageError } from './usage.ts';

export const logLevel: Command = {
  name: 'log-level',
  positionals: '[LEVEL]',
  brief: 'Show or change the least severe lines it logs',
  summary: `Show the least severe lines that a running gateway logs, or change that: ${logLevels.join(', ')}`,
  settings: [],
  switches: [],
  options: [instance],
  config: 'takes no file',
  examples: [
    ['log-level debug', 'Log more, until log.level changes or the next start'],
    ['log-level', 'Show what it is'],
  ],
  async run(given, io) {
    const [wanted, ...others] = given.positionals;
    const level = logLevels.find((known) => known === wanted);
    if (others.length > 0) throw new UsageError(`Cannot use ${others.join(' ')}: there is one level`);
    if (wanted !== undefined && level === undefined) {
      throw new UsageError(`Cannot log ${wanted}: there is no such level; write one of ${logLevels.join(', ')}`);
    }
    return await withGateway(given, io, async (gateway) => {
      if (level === undefined) {
        return await printReply(await gateway.status(), io, async (status) => {
          await printMessages([status.logLevel], io.stdout);
        });
      }
      return await printReply(await gateway.setLogLevel({ level }), io, async (changed) => {
        await printMessages([`It logs ${changed.level} and what is more severe`], io.stdout);
      });
    });
  },
};
