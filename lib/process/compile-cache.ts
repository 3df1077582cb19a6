import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";

/** The variable that makes a Node.js process share the cache of compiled code of this one; none if it has no cache. */
export function sameCompileCache(): Record<string, string> {
  // this names the subfolder of one version of Node.js; the variable takes the folder above
  const own = getCompileCacheDir();
  return own ? { NODE_COMPILE_CACHE: dirname(own) } : {};
}
