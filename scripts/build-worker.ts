import { fileURLToPath } from "node:url";
import { bundleWorker } from "./worker-bundle.ts";

/* `npm run build:worker`: bundles the worker into one file for the image, or for your own. */

const file = "build/anamo-worker.cjs";
const bytes = await bundleWorker(fileURLToPath(new URL(`../${file}`, import.meta.url)));
console.log(`${file}: ${Math.round(bytes / 1000)} kB`);
