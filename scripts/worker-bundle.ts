import { chmod } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The oldest Node.js that the bundle runs on; the code itself needs more, to be run without a build. */
const OLDEST_NODE = 22;

// First of all, in words that any Node.js understands.
const GUARD = `if (parseInt(process.versions.node, 10) < ${OLDEST_NODE}) {
  console.error("anamo-worker needs Node.js ${OLDEST_NODE} or later, this is " + process.version);
  process.exit(2);
}`;

/** Writes the worker with all that it uses as one CommonJS file, and gives the bytes of it. */
export async function bundleWorker(outfile: string): Promise<number> {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL("../worker/main.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    target: `node${OLDEST_NODE}`,
    format: "cjs",
    // of packages that have both, ES modules: what is not used can be left out
    mainFields: ["module", "main"],
    minify: true,
    // errors are told by name in logs
    keepNames: true,
    legalComments: "none",
    banner: { js: GUARD },
    metafile: true,
    logLevel: "warning",
  });
  const [output] = Object.values(metafile.outputs);
  const missing = output?.imports.map(({ path }) => path).filter((path) => !isBuiltin(path)) ?? [];
  if (missing.length > 0) throw new Error(`the worker's bundle would need ${missing.join(", ")} beside it`);
  // whatever this machine's umask is, others must be able to read it: in an image it belongs to root
  await chmod(outfile, 0o644);
  return output?.bytes ?? 0;
}
