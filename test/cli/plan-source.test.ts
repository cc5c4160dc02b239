import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { planSource } from '../../src/cli/plan-source.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { temporaryFile } from '../config/load.ts';
import { gatewayMachine } from '../plan/planning.ts';

/** Plans of a gateway that was started with `yaml` in a file. */
function sourceOf(yaml: string) {
  const file = temporaryFile(yaml);
  const sources = { command: 'up', file, flags: {}, environment: {} } as const;
  const content = { ok: true, text: yaml } as const;
  const read = readConfig({ ...sources, content });
  if (!read.ok) throw new Error('the configuration has problems');
  const first = { loaded: read.value, facts: gatewayMachine, content };
  const opened: (number | undefined)[] = [];
  const source = planSource(sources, {
    first,
    shown: read.warnings,
    readFacts(open) {
      opened.push(open);
      return gatewayMachine;
    },
  });
  return { file, source, opened };
}

const yaml = (port: number) => `forwards: [{ listen: ${port}, to: 10.0.0.5:80 }]\n`;

it('reads the file again for a reload, and not for a forward that is added', async () => {
  const { file, source, opened } = sourceOf(yaml(8080));
  writeFileSync(file, yaml(8081));
  const ports = async (reading: 'read again' | 'as applied', added: string[]) => {
    const planned = await source.plan(reading, added);
    return planned.ok ? planned.plan.listeners.map(({ bind }) => bind.port) : planned.problems;
  };
  expect(await ports('as applied', ['9000=10.0.0.6:80'])).toEqual([8080, 9000]);
  expect(await ports('read again', [])).toEqual([8081]);
  // Those that were open at the start: sessions of now are no part of the budget.
  expect(opened).toEqual([gatewayMachine.descriptors.open]);
});

it.runIf(process.platform !== 'win32')('refuses to read a pipe again: it would be an empty configuration', async () => {
  const { file, source } = sourceOf(yaml(8080));
  rmSync(file);
  execFileSync('mkfifo', [file]);
  expect(await source.plan('read again', [])).toMatchObject({
    ok: false,
    problems: [{ message: expect.stringContaining('it is a pipe, which can be read only once') }],
  });
  expect(await source.plan('as applied', [])).toMatchObject({ ok: true });
});
