import { readFileSync } from "node:fs";
import { systemCode } from "../lib/errors.ts";

/** The version of this package, which has `cli/` at its top in a checkout and `dist/cli/` where it is installed. */
export function packageVersion(): string {
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
  }
  return "unknown";
}
