import type { Guard } from "./guard.ts";

/** The table of guards in docs/reliability.md. */
export function guardTable(guards: readonly Guard[]): string {
  const rows = guards.map(({ what, file, title }) => `| ${what} | \`${file}\` | ${title.replace(/%[sij]/g, "…")} |`);
  return ["| guard | where | the test that fails without it |", "| --- | --- | --- |", ...rows].join("\n");
}
