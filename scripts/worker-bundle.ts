import { chmod } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeBillOfMaterials } from "./bill-of-materials.ts";

/** The oldest Node.js that runs the bundle; running the sources without a build needs a newer one. */
const OLDEST_NODE = "22.13";

// Runs first, so it uses syntax that any Node.js understands.
const GUARD = `var have = process.versions.node.split("."), need = "${OLDEST_NODE}".split(".");
if ((have[0] - need[0] || have[1] - need[1]) < 0) {
  console.error("anamo-worker needs Node.js ${OLDEST_NODE} or later, this is " + process.version);
  process.exit(2);
}`;

/** File names in the folder of the image's files: the worker, and its bill of materials. */
const [BUNDLE, BILL] = ["anamo-worker.cjs", "anamo-worker.cdx.json"];

/** Writes into `dir` what the image is made from: the worker's bundle and its bill of materials. */
export async function buildWorker(dir: string): Promise<{ bytes: number }> {
  const { bytes, inputs } = await bundle(join(dir, BUNDLE));
  await writeBillOfMaterials(join(dir, BILL), inputs);
  return { bytes };
}

/** Bundles the worker and all its dependencies into one CommonJS file; returns its size in bytes. */
export async function bundleWorker(outfile: string): Promise<number> {
  return (await bundle(outfile)).bytes;
}

async function bundle(outfile: string): Promise<{ bytes: number; inputs: string[] }> {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL("../worker/main.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    target: `node${OLDEST_NODE}`,
    format: "cjs",
    // prefer ES modules, whose unused parts can be left out
    mainFields: ["module", "main"],
    minify: true,
    // logs show errors by name
    keepNames: true,
    legalComments: "none",
    banner: { js: GUARD },
    metafile: true,
    logLevel: "warning",
  });
  const [output] = Object.values(metafile.outputs);
  const missing = output?.imports.map(({ path }) => path).filter((path) => !isBuiltin(path)) ?? [];
  if (missing.length > 0) throw new Error(`the worker's bundle would need ${missing.join(", ")} beside it`);
  // regardless of this machine's umask: in an image the file belongs to root, and others must be able to read it
  await chmod(outfile, 0o644);
  return { bytes: output?.bytes ?? 0, inputs: Object.keys(metafile.inputs) };
}
