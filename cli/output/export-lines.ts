import { quoted } from "./shell-words.ts";

/** Lines that `eval "$(…)"` takes in any shell of the Bourne family, whatever the values hold. */
export function exportLines(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}=${quoted(value)}`)
    .join("\n");
}
