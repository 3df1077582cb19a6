import type { Env } from "../aws-config.ts";
import { isNpm, isShell, readProcess } from "./ancestors.ts";

/**
 * The npm or npx that started this process, directly or through `sh -c`. It sends SIGINT and SIGTERM only to that
 * shell: bash has replaced itself with this process by then, but dash stays in between and passes nothing on.
 */
export interface NpmParent {
  /** whether npm, or the shell in between, has ended */
  isGone(): boolean;
}

/** Finds the npm that started this process; undefined if something else did. */
export function findNpmParent(env: Env, read = readProcess): NpmParent | undefined {
  if (!env.npm_command) return undefined;
  const parent = read(process.ppid);
  if (!parent) return undefined;
  const isParentGone = () => process.ppid !== parent.pid;
  if (isNpm(parent)) return { isGone: isParentGone };
  // the npm script that names us was killed while we were starting
  if (parent.pid === 1 && /\banamo\b/.test(env.npm_lifecycle_script ?? "")) return { isGone: () => true };
  if (!isShell(parent)) return undefined;
  const npm = read(parent.parent);
  if (!npm || !isNpm(npm)) return undefined;
  // a dead npm that has not been reaped still has its process id: check the shell's parent
  return { isGone: () => isParentGone() || read(parent.pid)?.parent !== npm.pid };
}
