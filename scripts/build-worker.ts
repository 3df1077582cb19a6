import { fileURLToPath } from "node:url";
import { buildWorker } from "./worker-bundle.ts";

/*
 * `npm run build:worker`: bundles the worker into one file, for the image or for your own, and writes a list of its
 * packages next to it.
 */

const { bytes } = await buildWorker(fileURLToPath(new URL("../build", import.meta.url)));
console.log(`build/anamo-worker.cjs: ${Math.round(bytes / 1000)} kB`);
