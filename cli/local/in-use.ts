import type { FolderInUseError } from "../../local/folder-lock.ts";
import { shellWords } from "../output/shell-words.ts";
import { ownLine } from "../own-command.ts";
import { dirWords } from "../stack-folder.ts";

/** What to type if another process is using a stack's folder. */
export function inUseAdvice({ dir, holder: { pid, use } }: Pick<FolderInUseError, "dir" | "holder">): string {
  const others = "or give another --dir";
  if (use === "up") {
    const down = ownLine(shellWords(["local", "down", ...dirWords(dir)]));
    return `import into it with "${ownLine("import FILE")}", or end it first with "${down}", ${others}`;
  }
  if (use === "run") return `wait for its end, press Ctrl-C there, or type "kill ${pid}", ${others}`;
  return `end it, ${others}`;
}
