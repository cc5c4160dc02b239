import type { Command } from './command.ts';
import { UsageError } from './usage.ts';

const shells = ['bash', 'zsh'] as const;

export const completion: Command = {
  name: 'completion',
  positionals: '[SHELL]',
  brief: 'Print a completion script for bash or zsh',
  summary: 'Print a script that completes commands and flags, for bash or zsh',
  settings: [],
  switches: [],
  config: 'takes no file',
  examples: [
    ['completion bash >> ~/.bashrc', 'For bash'],
    ['completion zsh >> ~/.zshrc', 'For zsh'],
  ],
  async run(given, io) {
    const wanted = given.positionals[0] ?? io.environment.SHELL?.split('/').at(-1) ?? 'bash';
    const shell = shells.find((name) => name === wanted);
    if (shell === undefined) {
      throw new UsageError(`Cannot complete for ${wanted}: it is known for bash and zsh; name one of them`);
    }
    await io.stdout.write(scripts[shell]);
    return 0;
  },
};

// SHELL is set for the call: yargs prints candidates in the form of the login shell, which may differ.
const scripts = {
  bash: `# floatgate completion for bash
_floatgate() {
  local candidates
  candidates=$(SHELL=bash floatgate --get-yargs-completions "\${COMP_WORDS[@]}" 2>/dev/null)
  mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o bashdefault -o default -F _floatgate floatgate
`,
  zsh: `#compdef floatgate
# floatgate completion for zsh
_floatgate() {
  local -a candidates
  candidates=("\${(@f)$(SHELL=zsh floatgate --get-yargs-completions "\${words[@]}" 2>/dev/null)}")
  if [[ -n "$candidates" ]]; then _describe 'floatgate' candidates; else _default; fi
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then _floatgate "$@"; else compdef _floatgate floatgate; fi
`,
};
