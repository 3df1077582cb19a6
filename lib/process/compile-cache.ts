import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";

/**
 * The variable that makes a Node.js process share this process's cache of compiled code; empty if there is no cache.
 */
export function sameCompileCache(): Record<string, string> {
  // this is the subfolder of one version of Node.js; the variable takes its parent folder
  const own = getCompileCacheDir();
  return own ? { NODE_COMPILE_CACHE: dirname(own) } : {};
}
