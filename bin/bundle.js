// The bundle of a checkout, made by scripts/bundle-cli.ts from the sources.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** The file in .cache/cli that names the newest bundle, and the state of every file that it was made from. */
export const NOTE = "bundle.json";

/**
 * What distinguishes two states of a file: the time of its last change in ms, which no tool can set, its size and its
 * number. For packages, whose files another checkout may share through hard links, the time is that of the
 * content. `file` is relative to `root`. Empty for a file that is missing.
 */
export function stateOf(root, file) {
  const found = statSync(`${root}/${file}`, { throwIfNoEntry: false });
  if (found === undefined) return "";
  return `${file.includes("node_modules") ? found.mtimeMs : found.ctimeMs} ${found.size} ${found.ino}`;
}

/** The folder of the bundle of a checkout, if there is one and nothing that it was made from has changed since. */
export function freshBundle(root) {
  const cache = join(root, ".cache/cli");
  try {
    const { dir, inputs } = JSON.parse(readFileSync(join(cache, NOTE), "utf8"));
    for (const file in inputs) if (stateOf(root, file) !== inputs[file]) return undefined;
    const folder = join(cache, dir);
    return existsSync(join(folder, "cli/main.js")) ? folder : undefined;
  } catch {
    // none, or one that cannot be read
    return undefined;
  }
}
