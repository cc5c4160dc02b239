import http from 'node:http';
import { messageOf } from '../base/errors.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

export type HttpAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  /** `problem` reads like `it answers 503`. */
  | { readonly kind: 'failed'; readonly problem: string };

/** Characters. Addresses and tokens are short: a longer answer is something else. */
const longestBody = 1024;

/** One small HTTP exchange on a connection of its own, over within `timeout`. Follows no redirect, uses no proxy. */
export function httpRequest(url: URL, { method, headers, timeout, signal }: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const fail = (problem: string): void => resolve({ kind: 'failed', problem });
    const failed = (error: unknown): void => fail(messageOf(error));
    // agent: false closes the connection after the one answer.
    const request = http.request(url, { method, headers: { ...headers }, agent: false, signal }, (response) => {
      const status = response.statusCode ?? 0;
      if (status !== 200) {
        response.destroy();
        resolve({ kind: 'answer', status, body: '' });
        return;
      }
      let body = '';
      response.setEncoding('latin1');
      response.on('error', failed);
      response.on('data', (part: string) => {
        body += part;
        if (body.length > longestBody) response.destroy(new Error('its answer is too long'));
      });
      response.on('end', () => resolve({ kind: 'answer', status, body }));
    });
    // The first cause wins: a promise resolves once.
    const timer = setTimeout(() => {
      fail('no answer in time');
      request.destroy();
    }, timeout);
    request.on('error', failed).on('close', () => clearTimeout(timer));
    request.end();
  });
}
