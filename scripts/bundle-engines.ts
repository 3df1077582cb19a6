import { glob, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { dynaliteNames } from "./dynalite-names.ts";
import { s3rverParts } from "./s3rver-parts.ts";
import { noticesOf } from "./third-party-notices.ts";

/*
 * The last step of `npm run build`: bundles dynalite and s3rver into the files in dist/ that import them, so that an
 * install brings neither these two nor their dependencies (123 packages). LevelDB stays outside the bundle, because it
 * is machine code.
 */

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LOCAL = join(ROOT, "dist/local");
const NOTICES = join(ROOT, "dist/THIRD-PARTY-NOTICES.txt");
const IMPORTS_ENGINE = /\bfrom "(?:dynalite|s3rver)[/"]/;
/** Packages left out of the bundle. */
const OUTSIDE = ["classic-level"];

const engines: Plugin = {
  name: "engines",
  setup(esbuild) {
    esbuild.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
      if (kind === "entry-point") return undefined;
      if (OUTSIDE.includes(path)) return { path, external: true };
      // Our own modules remain separate modules in dist/: a second copy of an error's class would not be the same
      // class.
      return importer.startsWith(LOCAL) && !/^(?:dynalite|s3rver)\b/.test(path) ? { path, external: true } : undefined;
    });
  },
};

const { metafile } = await build({
  entryPoints: await enginesIn(LOCAL),
  outdir: LOCAL,
  outbase: LOCAL,
  allowOverwrite: true,
  bundle: true,
  // code that two files share, such as the part of dynalite that our patches change, is bundled once
  splitting: true,
  chunkNames: "engines-[hash]",
  platform: "node",
  target: "node22",
  format: "esm",
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  plugins: [engines, dynaliteNames, s3rverParts],
  metafile: true,
  logLevel: "warning",
});
await writeFile(NOTICES, await noticesOf(Object.keys(metafile.inputs)));

/** The files in a folder and its subfolders that import an engine. */
async function enginesIn(folder: string): Promise<string[]> {
  const files = (await Array.fromAsync(glob("**/*.js", { cwd: folder }))).map((file) => join(folder, file));
  const codes = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return files.filter((_, at) => IMPORTS_ENGINE.test(codes[at] ?? ""));
}
