import { readdirSync, readFileSync } from 'node:fs';
import { nearest } from '../config/nearest.ts';
import type { Command } from './command.ts';
import { readMarkdown } from './read-markdown.ts';
import { renderManual } from './render-manual.ts';
import { UsageError } from './usage.ts';

/** The manual lies beside cli/, in src/ and in dist/. */
const manual = new URL('../manual/', import.meta.url);

/** The order of the list of topics; a page that is not here comes last. */
const order = [
  'start',
  'configuration',
  'access',
  'pools',
  'proxy-protocol',
  'engines',
  'limits',
  'logs',
  'control',
  'signals',
  'service',
  'containers',
  'iptables',
  'hosts-behind',
  'performance',
  'out-of-scope',
];

const name = 'help';

/** A lone `floatgate help` means `floatgate help topics`. */
const listOfTopics = 'topics';

/** @param commands the names of all others, whose flags it prints, too */
export const helpCommand = (commands: readonly string[]): Command => ({
  name,
  positionals: '[TOPIC]',
  brief: 'Print the manual, or what a command does',
  summary: 'Print a page of the manual, or the list of its topics',
  settings: [],
  switches: [],
  config: 'takes no file',
  examples: [
    ['help', 'The topics'],
    ['help configuration', 'A page: every key, flag and variable'],
    ['help configuration > configuration.md', 'The same as Markdown'],
    ['help up', 'The flags of a command'],
  ],
  async run(given, io) {
    const [topic = listOfTopics, ...others] = given.positionals;
    if (others.length > 0) throw new UsageError(`Cannot print ${others.join(' ')}: write one topic at a time`);
    if (!topics().includes(topic) && topic !== listOfTopics) throw unknownTopic(topic, [...topics(), ...commands]);
    const page = topic === listOfTopics ? topicsPage() : readPage(topic);
    if (io.stdout.style === 'terminal') {
      const paper = { width: io.stdout.columns(), colours: io.stdout.colours };
      await io.stdout.write(renderManual(page, paper), 'our own');
    } else await io.stdout.write(page);
    return 0;
  },
});

/** Names of the manual's pages. */
export function topics(): readonly string[] {
  const pages = readdirSync(manual)
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -'.md'.length));
  const known = order.filter((topic) => pages.includes(topic));
  return [...known, ...pages.filter((topic) => !known.includes(topic)).sort()];
}

/**
 * `help up` is `up --help`, and `help` is `help topics`: yargs takes the word at the end for the flag `--help`.
 * @param words of the command line
 * @param commands the names of all commands
 */
export function helpWords(words: readonly string[], commands: readonly string[]): readonly string[] {
  const [first, topic, ...others] = words;
  if (first !== name) return words;
  if (topic === undefined || topic.startsWith('-')) return [name, listOfTopics, ...words.slice(1)];
  return commands.includes(topic) ? helpWords([topic, '--help', ...others], commands) : words;
}

function readPage(topic: string): string {
  return readFileSync(new URL(`${topic}.md`, manual), 'utf8');
}

function unknownTopic(topic: string, known: readonly string[]): UsageError {
  const near = nearest(topic, known);
  const advice = near === undefined ? "'floatgate help' lists them" : `did you mean 'floatgate help ${near}'?`;
  return new UsageError(`Cannot print ${topic}: the manual has no such topic; ${advice}`);
}

function topicsPage(): string {
  const rows = topics().map((topic) => `| ${topic} | ${aboutOf(readPage(topic))} |`);
  return [
    '# The manual of floatgate',
    '',
    '`floatgate help TOPIC` prints a page, `floatgate help COMMAND` the flags of a command.',
    '',
    '| topic | is about |',
    '|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** A page begins with its title and a sentence of what it is about. */
function aboutOf(page: string): string {
  const [title, about] = readMarkdown(page);
  return title?.kind === 'heading' && about?.kind === 'paragraph' ? about.text.replace(/\.$/, '') : '';
}
