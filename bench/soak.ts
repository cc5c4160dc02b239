/** `npm run soak`: mixed traffic and random faults through a gateway, every byte checked. See bench/README.md. */
import { parseArgs } from 'node:util';
import { wholeNumber } from './flags.ts';
import type { Engine } from './forwarders/floatgate.ts';
import type { Children } from './process/children.ts';
import { floatgateMain } from './process/project.ts';
import { runToTheEnd } from './process/run-to-the-end.ts';
import { Progress } from './progress.ts';
import { resourceChecks } from './soak/resources.ts';
import { soak } from './soak/run.ts';
import { writeSoak } from './soak/write-soak.ts';

const help = `npm run soak -- [flags]

  --minutes N        how long traffic runs (default 10)
  --engine NAME      auto, splice or stream, as for floatgate (default auto)
  --seed N           of traffic and faults (default: another one each time)
  --floatgate FILE   another build's floatgate.cjs (default dist/floatgate.cjs)
  --results DIR      where JSON and SVG go (default bench/results)
  --help
`;

/** Minutes: a shorter run shows nothing about memory, and its chart is not kept. */
const whole = 5;

async function main(children: Children): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      engine: { type: 'string', default: 'auto' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      floatgate: { type: 'string' },
      results: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const minutes = wholeNumber('--minutes', values.minutes, 1, 24 * 60);
  const seed = wholeNumber('--seed', values.seed, 0, 2 ** 31 - 1);
  const command = [process.execPath, floatgateMain(values.floatgate)];
  const progress = new Progress();
  process.stdout.write(`Seed ${seed}: npm run soak -- --minutes ${minutes} --engine ${values.engine} --seed ${seed}\n`);
  const options = { command, seed, length: minutes * 60_000, watchIdle: 2_000, ...engineNamed(values.engine) };
  const result = await soak(options, children, progress);
  progress.clear();
  const checks = [...result.correctness, ...resourceChecks(result)];
  const asUsersRunIt = values.floatgate === undefined && values.engine === 'auto';
  writeSoak(result, checks, values.results, asUsersRunIt && minutes >= whole ? 'soak' : 'soak-partial');
  if (checks.every(({ holds }) => holds)) return 0;
  process.stdout.write(`BROKEN with seed ${seed}\n`);
  return 1;
}

function engineNamed(name: string): { readonly engine?: Engine } {
  if (name === 'auto') return {};
  if (name === 'splice' || name === 'stream') return { engine: name };
  throw new Error(`Cannot use --engine ${name}: there is no such engine; write auto, splice or stream`);
}

await runToTheEnd(main);
