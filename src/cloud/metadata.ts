import http from 'node:http';
import { isIPv4 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../base/errors.ts';

export interface LookUpOptions {
  /** Milliseconds for all tries together. */
  readonly timeout: number;
  /** One line for each try that failed. */
  onTry(line: string): void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Default `http://169.254.169.254`, the link-local address of OpenStack's and EC2's metadata services. */
  readonly baseUrl?: string;
  /** Milliseconds for one try; default 5 s. */
  readonly tryTimeout?: number;
  /** Milliseconds before the second try, doubled up to 10 s; default 1 s. */
  readonly firstDelay?: number;
}

export type LookUp =
  | { readonly kind: 'found'; readonly address: string }
  /** `message` reads `Cannot X: what is, and what to do`. */
  | { readonly kind: 'gave up'; readonly tries: number; readonly message: string }
  | { readonly kind: 'aborted' };

const path = '/latest/meta-data/local-ipv4';
const longestDelay = 10_000;
/** An address has at most 15 characters: a longer answer is something else's. */
const longestBody = 1024;

/**
 * Asks the cloud's metadata service for this machine's own IPv4 address (EC2's `local-ipv4`, which OpenStack serves,
 * too) and waits for the service to come up: it often does only after the machine has booted.
 */
export async function lookUpLocalAddress(options: LookUpOptions): Promise<LookUp> {
  const url = new URL(path, options.baseUrl ?? 'http://169.254.169.254');
  const deadline = performance.now() + options.timeout;
  const tryTimeout = options.tryTimeout ?? 5_000;
  const firstDelay = options.firstDelay ?? 1_000;
  let pause = firstDelay;
  for (let tries = 1; ; tries += 1) {
    if (options.signal.aborted) return { kind: 'aborted' };
    const left = Math.max(1, deadline - performance.now());
    const answer = await ask(url, Math.min(tryTimeout, left), options.signal);
    if (options.signal.aborted) return { kind: 'aborted' };
    if (answer.ok) return { kind: 'found', address: answer.address };
    const rest = deadline - performance.now();
    if (rest < firstDelay) {
      return { kind: 'gave up', tries, message: gaveUp(url, options.timeout, tries, answer.problem) };
    }
    // Near the end, tries come closer together instead of the time running out in a pause.
    pause = Math.min(pause, rest / 2);
    options.onTry(
      `Cannot read this machine's address from ${url.href}: ${answer.problem}; trying again in ${seconds(pause)}`,
    );
    try {
      await delay(pause, undefined, { signal: options.signal });
    } catch {
      return { kind: 'aborted' };
    }
    pause = Math.min(pause * 2, longestDelay);
  }
}

type Answer = { readonly ok: true; readonly address: string } | { readonly ok: false; readonly problem: string };

/** One try, over within `timeout` milliseconds. */
function ask(url: URL, timeout: number, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const fail = (problem: string): void => resolve({ ok: false, problem });
    const failed = (error: unknown): void => fail(messageOf(error));
    // agent: false closes the connection after the one answer.
    const request = http.get(url, { agent: false, signal }, (response) => {
      if (response.statusCode !== 200) {
        response.destroy();
        fail(`it answers ${response.statusCode}`);
        return;
      }
      let body = '';
      response.setEncoding('latin1');
      response.on('error', failed);
      response.on('data', (part: string) => {
        body += part;
        if (body.length > longestBody) response.destroy(new Error('its answer is too long for an address'));
      });
      response.on('end', () => {
        const address = body.trim();
        if (isIPv4(address)) resolve({ ok: true, address });
        else fail(`its answer is not an IPv4 address: ${JSON.stringify(body.slice(0, 60))}`);
      });
    });
    // The first cause wins: a promise resolves once.
    const timer = setTimeout(() => {
      fail('no answer in time');
      request.destroy();
    }, timeout);
    request.on('error', failed).on('close', () => clearTimeout(timer));
  });
}

function gaveUp(url: URL, timeout: number, tries: number, problem: string): string {
  const count = tries === 1 ? '1 try' : `${tries} tries`;
  return `Cannot read this machine's address from ${url.href}: ${problem}, and gave up after ${count} in ${seconds(timeout)}; name the network with --subnet, or wait longer with --metadata-timeout`;
}

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(1))} s`;
}
