import { fileURLToPath } from "node:url";
import { bundleWorker } from "./worker-bundle.ts";

/* `npm run build:worker`: the worker as one file, for the image, or to be copied into another one. */

const file = "build/anamo-worker.cjs";
const bytes = await bundleWorker(fileURLToPath(new URL(`../${file}`, import.meta.url)));
console.log(`${file}: ${Math.round(bytes / 1000)} kB`);
