/** `npm run bench`: floatgate beside others, or looked into. See bench/README.md. */
import { admissionTable, measureAdmission } from './admission.ts';
import { measureAgainst } from './against/measure-against.ts';
import { writeAgainst } from './against/write-against.ts';
import { help, type Job, parseCommandLine } from './command-line.ts';
import { measureAdmitting, measurePeers, measurePlain } from './measure.ts';
import type { Children } from './process/children.ts';
import { runToTheEnd } from './process/run-to-the-end.ts';
import { WrongUsage } from './process/wrong-usage.ts';
import { lookInside } from './profile/look-inside.ts';
import { writeReport } from './report/write-report.ts';

async function bench(children: Children): Promise<number> {
  const job = jobOf(process.argv.slice(2));
  switch (job.kind) {
    case 'help':
      process.stdout.write(help);
      return 0;
    // Only whole runs go where the published figures are; others beside them, under a name that git ignores.
    case 'plain':
      writeReport(await measurePlain(job, children), job.results, job.whole ? 'bench' : 'bench-partial');
      return 0;
    case 'peers':
      writeReport(await measurePeers(job, children), job.results, job.whole ? 'peers' : 'peers-partial');
      return 0;
    case 'admission':
      process.stdout.write(`${admissionTable(measureAdmission())}\n`);
      writeReport(
        await measureAdmitting(job, children),
        job.results,
        job.whole ? `admission-${job.engine}` : 'admission-partial',
      );
      return 0;
    case 'against':
      writeAgainst(await measureAgainst(job, children), job.results);
      return 0;
    case 'profile':
    case 'syscalls':
      process.stdout.write(await lookInside(job, children));
      return 0;
  }
}

function jobOf(args: readonly string[]): Job {
  try {
    return parseCommandLine(args);
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

await runToTheEnd(bench);
