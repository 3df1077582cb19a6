import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/**
 * Frees buffers that are no longer used; takes about 10 ms. V8 counts them as small objects and by itself collects them
 * only after 64 MB have piled up, so a worker would grow by that much with its first long log.
 */
export function collectGarbage(): void {
  if (!collect) {
    // Node.js offers no other way from inside; the function of another context collects the whole heap
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
