import { quoted } from "./shell-words.ts";

/** Lines for `eval "$(…)"` in any Bourne-like shell, whatever the values contain. */
export function exportLines(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}=${quoted(value)}`)
    .join("\n");
}
