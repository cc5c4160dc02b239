import type { ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Children } from './children.ts';

/** What an agent can be asked: each method takes plain data and answers plain data. */
export type Asks<A> = { [K in keyof A]: (params: never) => Promise<unknown> };

/** One question on its way to an agent. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly params: unknown;
}

/** The answer, or what went wrong. */
export type Answer =
  | { readonly id: number; readonly ok: true; readonly answer: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string };

interface Pending {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** A load generator or a set of targets in a process of its own; `A` is the interface that it serves. */
export class Agent<A extends Asks<A>> {
  readonly #child: ChildProcess;
  readonly #children: Children;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  /**
   * `agent` is the name of a file in bench/agents, or the address of a script elsewhere; `wrap` is put before its
   * command line.
   */
  constructor(children: Children, agent: string | URL, wrap: readonly string[] = []) {
    const script = typeof agent === 'string' ? new URL(`../agents/${agent}.js`, import.meta.url) : agent;
    const name = basename(fileURLToPath(script), '.js');
    this.#children = children;
    this.#child = children.fork(fileURLToPath(script), wrap);
    this.#child.on('message', (message) => this.#settle(message as Answer));
    this.#child.once('exit', (code, signal) => {
      const error = new Error(`Cannot go on: the process ${name} ended with ${signal ?? code}`);
      for (const { reject } of this.#pending.values()) reject(error);
      this.#pending.clear();
    });
  }

  /** Rejects when the agent failed, has ended, or has not answered after `deadline` milliseconds. */
  ask<K extends keyof A & string>(
    name: K,
    params: Parameters<A[K]>[0],
    deadline = 60_000,
  ): Promise<Awaited<ReturnType<A[K]>>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new Error(`Cannot go on: '${name}' was not answered within ${deadline / 1000} s`));
      }, deadline);
      this.#pending.set(id, {
        resolve: (answer) => {
          clearTimeout(timer);
          // The other end of the IPC channel serves the same interface (serve.ts); JSON carries no types.
          resolve(answer as Awaited<ReturnType<A[K]>>);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      const question: Question = { id, name, params };
      this.#child.send(question, (error) => error && this.#settle({ id, ok: false, message: error.message }));
    });
  }

  async stop(): Promise<void> {
    await this.#children.stop(this.#child);
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (answer.ok) pending?.resolve(answer.answer);
    else pending?.reject(new Error(answer.message));
  }
}
