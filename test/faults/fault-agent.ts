/** The address of a script in `agents/`, for `Agent`; it is compiled beside this file. */
export function faultAgent(name: string): URL {
  return new URL(`./agents/${name}.js`, import.meta.url);
}
