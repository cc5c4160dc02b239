import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { MachineFacts } from '../../src/base/machine-facts.ts';
import { planSource } from '../../src/cli/plan-source.ts';
import { readConfigFile } from '../../src/config/read-config-file.ts';
import type { PlanSource, Reading } from '../../src/gateway/plan-source.ts';
import { diffPlans, isUnchanged } from '../../src/plan/diff-plans.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { load, temporaryFile, type WrittenSources, written } from '../config/load.ts';
import { gatewayMachine, plan as planOf } from '../plan/planning.ts';

/** A source of plans whose file and machine a test can change. */
function sourceOf(yaml: string, more: WrittenSources = {}) {
  const file = temporaryFile(yaml);
  const sources = written({ ...more, file });
  const machine = { facts: gatewayMachine };
  const source = planSource(sources, {
    first: { loaded: load(sources), facts: gatewayMachine, content: readConfigFile(file) },
    shown: ['an old warning'],
    readFacts: (open) => ({ ...machine.facts, descriptors: { ...machine.facts.descriptors, open } }),
  });
  return { file, source, machine, first: planOf(sources) };
}

async function planned(source: PlanSource, reading: Reading, added: readonly string[] = []) {
  const replanned = await source.plan(reading, added);
  if (!replanned.ok) throw new Error(replanned.problems.map(({ message }) => message).join());
  return replanned;
}

const keys = ({ listeners }: Plan): readonly string[] => listeners.map(({ key }) => key);
const forward = (port: number): string => `bind: 127.0.0.1\nforwards: [{ listen: ${port}, to: 10.0.0.5:80 }]`;

it('counts what is configured, and not what is in use by now', async () => {
  const { source, machine, first } = sourceOf(forward(8080));
  const facts: MachineFacts = {
    ...gatewayMachine,
    descriptors: { ...gatewayMachine.descriptors, open: 19_000 },
    memory: { limit: 2 ** 28, source: 'machine' },
  };
  machine.facts = facts;
  const { plan } = await planned(source, 'read again');
  expect(plan.limits).toEqual(first.limits);
  expect(isUnchanged(diffPlans(first, plan))).toBe(true);
});

it('reads file and machine again, or takes them as they were when a plan was last applied', async () => {
  const { file, source, machine } = sourceOf(forward(8080));
  writeFileSync(file, forward(8081));
  machine.facts = { ...gatewayMachine, localNetworks: [...gatewayMachine.localNetworks, '10.9.9.9'] };
  const shown = async (reading: Reading) => {
    const { plan, accept } = await planned(source, reading, ['127.0.0.1:9000=10.0.0.5:80']);
    return { keys: keys(plan), own: plan.ownAddresses.includes('10.9.9.9'), accept };
  };
  const added = '127.0.0.1:9000';
  const { accept: _, ...asApplied } = await shown('as applied');
  expect(asApplied).toEqual({ keys: ['127.0.0.1:8080', added], own: false });
  const { accept, ...again } = await shown('read again');
  expect(again).toEqual({ keys: ['127.0.0.1:8081', added], own: true });
  expect((await shown('as applied')).keys).toEqual(['127.0.0.1:8080', added]);
  accept();
  writeFileSync(file, 'this is: [no configuration');
  expect(await shown('as applied')).toMatchObject(again);
  expect((await source.plan('read again', [])).ok).toBe(false);
});

it('names what is wrong by its place: a file that is gone, a key, more sessions than fit', async () => {
  const { file, source } = sourceOf(forward(8080));
  const problem = async () => {
    const replanned = await source.plan('read again', []);
    return replanned.ok ? undefined : replanned.problems[0];
  };
  writeFileSync(file, `${forward(8080)}\nlimits: { sessions: 1000000 }`);
  expect(await problem()).toMatchObject({
    place: { line: 3, column: 21 },
    message: expect.stringContaining('Cannot allow 1,000,000 sessions'),
  });
  writeFileSync(file, `${forward(8080)}\ntimeouts: { idle: soon }`);
  expect(await problem()).toMatchObject({ place: { line: 3, column: 19 } });
  rmSync(file);
  expect(await problem()).toMatchObject({ message: expect.stringContaining(`Cannot read ${file}`) });
});

it('warns of a changed key that a flag hides, until the change is applied', async () => {
  const { file, source } = sourceOf(forward(8080), { flags: { 'idle-timeout': '1h' } });
  writeFileSync(file, `${forward(8080)}\ntimeouts: { idle: 2h }`);
  const { warnings, accept } = await planned(source, 'read again');
  expect(warnings).toEqual([expect.stringMatching(/^timeouts\.idle has changed .*, but --idle-timeout hides it$/)]);
  accept();
  expect((await planned(source, 'read again')).warnings).toEqual([]);
});

it.runIf(process.platform !== 'win32')('refuses to read a pipe again: it would be an empty configuration', async () => {
  const { file, source } = sourceOf(forward(8080));
  rmSync(file);
  execFileSync('mkfifo', [file]);
  expect(await source.plan('read again', [])).toMatchObject({
    ok: false,
    problems: [{ message: expect.stringContaining('it is a pipe, which can be read only once') }],
  });
  expect(await source.plan('as applied', [])).toMatchObject({ ok: true });
});
