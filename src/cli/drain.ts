import { setTimeout as pause } from 'node:timers/promises';
import type { ControlClient } from '../admin/client.ts';
import type { Draining, DrainRequest } from '../admin/schemas.ts';
import { count } from '../base/count.ts';
import { formatDuration } from '../base/duration.ts';
import { type Arguments, type Command, json } from './command.ts';
import type { ExitCode, Io } from './io.ts';
import { printMessages } from './print-messages.ts';
import { choiceOption, durationOption } from './read-option.ts';
import { instance, printFailure, printJson, withGateway } from './running-gateway.ts';

export const drain: Command = {
  name: 'drain',
  positionals: '',
  brief: 'Have it end once its sessions have',
  summary:
    'Have a running gateway take no more clients, give its sessions time to end, and end itself. What is left out is ' +
    'as its configuration says.',
  settings: [],
  switches: [{ flag: 'wait', description: 'Wait until the gateway has ended' }, json],
  options: [
    { flag: 'grace', placeholder: 'DURATION', description: 'Still accept clients for that time, but be not ready' },
    { flag: 'sessions', placeholder: 'DURATION', description: 'Time that sessions then have to end' },
    { flag: 'until', placeholder: 'empty|deadline', description: 'empty: until the last session has ended' },
    instance,
  ],
  config: 'takes no file',
  examples: [
    ['drain', 'As SIGTERM does'],
    ['drain --until empty --wait', 'When the last session has ended'],
    ['drain --grace 5s --sessions 1m', 'Behind a load balancer'],
  ],
  async run(given, io) {
    const request = readRequest(given);
    return await withGateway(given, io, async (gateway) => {
      const reply = await gateway.drain(request);
      if (!reply.ok) return await printFailure(reply.failure, io);
      if (given.switches.has('json')) await printJson(reply.value, io);
      else await printMessages([drainText(reply.value)], io.stdout);
      return given.switches.has('wait') ? await waitForEnd(gateway, io) : 0;
    });
  },
};

/** As the configuration takes them. */
const times = { least: 0, most: 24 * 86_400_000 };

function readRequest(given: Arguments): DrainRequest {
  const graceMs = durationOption(given, 'grace', times);
  const sessionsMs = durationOption(given, 'sessions', times);
  const until = choiceOption(given, 'until', ['empty', 'deadline']);
  return {
    ...(graceMs !== undefined && { graceMs }),
    ...(sessionsMs !== undefined && { sessionsMs }),
    ...(until !== undefined && { until }),
  };
}

function drainText({ sessions, graceMs, sessionsMs }: Draining): string {
  const first = graceMs > 0 ? `clients are accepted for another ${rounded(graceMs)}, then ` : '';
  const time = sessionsMs === undefined ? 'as long as needed' : rounded(sessionsMs);
  return `The gateway drains: ${first}${count(sessions, 'session')} may take ${time} to end`;
}

/** To whole seconds, but for the last one. */
function rounded(ms: number): string {
  return formatDuration(ms < 1000 ? ms : Math.round(ms / 1000) * 1000);
}

/** Milliseconds between two looks. */
const lookEvery = 250;

/** The control socket is there until the gateway ends. On a terminal, one line shows how many sessions are left. */
async function waitForEnd(gateway: ControlClient, io: Io): Promise<ExitCode> {
  const { stderr } = io;
  const show = async (text: string) => {
    // ECMA-48, EL: to the end of the line.
    if (stderr.style === 'terminal') await stderr.write(`\r${text}\u001b[K`, 'our own');
  };
  for (;;) {
    const reply = await gateway.status();
    // At its end a gateway closes what it has just accepted.
    if (!reply.ok && reply.failure.kind === 'cut off') {
      await pause(lookEvery);
      continue;
    }
    if (!reply.ok) {
      await show('');
      if (reply.failure.kind !== 'gone') return await printFailure(reply.failure, io);
      if (io.stdout.style === 'terminal') await printMessages(['The gateway has ended'], io.stdout);
      return 0;
    }
    await show(`${count(reply.value.sessions.now, 'session')} left`);
    await pause(lookEvery);
  }
}
