import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { topics } from '../../src/cli/help.ts';
import { benchReadme, commandNames, examples, manual, type Page, readme, readPage } from './pages.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const documents = [...manual, readme, benchReadme];

describe.each(documents)('$path', (page) => {
  it('has no line over 120 columns but tables, code and addresses', () => {
    expect(longLines(page)).toEqual([]);
  });

  it('links only to what is there', () => {
    expect(deadLinks(page)).toEqual([]);
  });
});

describe.each(manual)('$path', ({ blocks, text }) => {
  it('begins with a title and one line of what it is about', () => {
    expect(blocks[0]).toMatchObject({ kind: 'heading', level: 1 });
    expect(text.split('\n').slice(1, 4)).toEqual(['', expect.stringMatching(/^.{10,100}\.$/), '']);
  });

  it('is plain ASCII, of which a terminal knows the width', () => {
    expect(text.match(/[^\n -~]/g) ?? []).toEqual([]);
  });
});

it('has the topics that were agreed', () => {
  expect(topics()).toEqual([
    'start',
    'configuration',
    'access',
    'pools',
    'proxy-protocol',
    'engines',
    'limits',
    'logs',
    'changes',
    'control',
    'signals',
    'service',
    'containers',
    'iptables',
    'hosts-behind',
    'performance',
    'out-of-scope',
  ]);
  expect(readdirSync(join(root, 'src/manual')).sort()).toEqual(
    topics()
      .map((topic) => `${topic}.md`)
      .sort(),
  );
});

it('keeps the README under 150 lines, with a link to each page', () => {
  expect(readme.text.split('\n').length).toBeLessThan(150);
  for (const topic of topics()) expect(readme.text).toContain(`(src/manual/${topic}.md)`);
});

it('names every command, and how to get its help', async () => {
  const commands = await commandNames();
  expect(commands).toEqual(expect.arrayContaining(['up', 'forward', 'map', 'check', 'demo', 'help', 'completion']));
  const start = readPage('src/manual/start.md').text;
  for (const command of commands) expect(start).toContain(`| \`floatgate ${command}`);
});

it('has only code whose language says how it is checked', () => {
  const known = ['sh', 'yaml', 'json', 'text', 'ini', 'dockerfile'];
  expect(examples.filter(({ language }) => !known.includes(language))).toEqual([]);
});

function longLines({ text }: Page): readonly string[] {
  let inCode = false;
  return text.split('\n').filter((line) => {
    if (line.startsWith('```')) inCode = !inCode;
    const exempt = inCode || /^(\||!\[| {4})/.test(line) || /https?:\/\/\S{60}/.test(line);
    return line.length > 120 && !exempt;
  });
}

function deadLinks({ path, text }: Page): readonly string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, address]) => address ?? '')
    .filter((address) => !/^https?:/.test(address))
    .filter((address) => {
      const [file = '', anchor] = address.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(readPage(target)).includes(anchor);
    });
}

/** As GitHub makes them of headings. */
function anchorsOf({ blocks }: Page): readonly string[] {
  return blocks
    .filter((block) => block.kind === 'heading')
    .map(({ text }) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
}
