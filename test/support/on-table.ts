import type { Table } from "../../lib/table.ts";
import { type AnamoResult, anamo } from "./anamo.ts";
import { testEnv } from "./env.ts";

/** Runs `anamo` on a table and the tests' bucket. */
export function anamoOn(
  table: Table,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<AnamoResult> {
  const given = Object.entries({ ...testEnv(), ANAMO_TABLE: table.name, ...env });
  return anamo(args, { env: Object.fromEntries(given.flatMap(([name, value]) => (value ? [[name, value]] : []))) });
}
