import type { Answer, Asks, Question } from './agent.ts';

/** The agent's side: answers questions until the parent process ends, then ends, whatever is still going on. */
export function serve<A extends Asks<A>>(handlers: A): void {
  // A question names a method of the interface that both sides share; JSON carries no types.
  const byName = new Map<string, (params: unknown) => Promise<unknown>>(Object.entries(handlers));

  async function answer({ id, name, params }: Question): Promise<Answer> {
    try {
      const handler = byName.get(name);
      if (handler === undefined)
        return { id, ok: false, message: `Cannot answer '${name}': there is no such question` };
      return { id, ok: true, answer: await handler(params) };
    } catch (error) {
      return { id, ok: false, message: error instanceof Error ? error.message : String(error) };
    }
  }

  process.on('message', (question: Question) => {
    void answer(question).then((message) => process.connected && process.send?.(message));
  });
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole process group: the parent decides when this process ends.
  process.on('SIGINT', () => {});
}
