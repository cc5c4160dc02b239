import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { longLines, readTexts, wordsOfOurOwn } from './text-rules.ts';

const texts = await readTexts(fileURLToPath(new URL('../../', import.meta.url)));

/** All offenders in one message. */
const list = (offenders: readonly string[]): string =>
  offenders.length === 0 ? '' : `${offenders.length} lines:\n${offenders.join('\n')}`;

describe('the text of src, test and bench', () => {
  it('is really read', () => {
    expect(texts.length).toBeGreaterThan(400);
    expect(texts.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['src/main.ts', 'src/floatgate.cts', 'bench/README.md', 'test/helpers/guard.sh']),
    );
  });

  it('has no line over 120 columns', () => {
    expect(list(texts.flatMap(longLines))).toBe('');
  });

  it('has the words of the field', () => {
    expect(list(texts.flatMap(wordsOfOurOwn))).toBe('');
  });
});

describe('the rule of 120 columns', () => {
  const found = (path: string, line: string) => longLines({ path, text: `short\n${line}\n` });
  const words = 'word '.repeat(23);

  it('counts characters, not bytes', () => {
    expect(found('src/a.ts', '’'.repeat(120))).toEqual([]);
    expect(found('src/a.ts', '’'.repeat(121))).toEqual(['src/a.ts:2: 121 columns']);
  });

  it('lets tables of Markdown through, and no others', () => {
    expect(found('src/a.md', `| ${words} | ${words} |`)).toEqual([]);
    expect(found('src/a.ts', `| ${words} | ${words} |`)).toHaveLength(1);
    expect(found('src/a.md', `${words} | ${words}`)).toHaveLength(1);
  });

  it('lets a line through that an address alone makes too long', () => {
    expect(found('src/a.ts', `// ${words} https://nodejs.org/docs/latest/api/net.html`)).toEqual([]);
    expect(found('src/a.ts', `// ${words} ${words} https://nodejs.org/`)).toHaveLength(1);
  });
});

describe('the rule of plain words', () => {
  const found = (line: string) => wordsOfOurOwn({ path: 'src/a.ts', text: line });

  it.each([
    ['// A door is shut.', 'door (listener, acceptor)'],
    ['const openDoors = 1;', 'doors (listener, acceptor)'],
    ['toldOf(1);', 'told (notified, reported)'],
    ['NEWCOMER_LIMIT', 'newcomer (incoming connection, new client)'],
    ["it('Heard of a reset')", 'heard (received, seen)'],
  ])('finds one in %s', (line, word) => {
    expect(found(line)).toEqual([`src/a.ts:1: ${word}`]);
  });

  it.each(['the yardstick', 'crowdsec', 'household', 'outdoors', 'const planet = 1;', 'type A = Awaited<Promise<1>>;'])(
    'finds none in %s',
    (line) => {
      expect(found(line)).toEqual([]);
    },
  );
});
