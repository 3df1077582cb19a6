import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";
import { NOTE, stateOf } from "../bin/bundle.js";
import { dynaliteNames } from "./dynalite-names.ts";
import { s3rverParts } from "./s3rver-parts.ts";

/*
 * Bundles the command line, the worker and the embedded DynamoDB of this checkout into a few files, which start in half
 * the time of the sources. `npm ci` does this at its end (the script `prepare`), and `npm run bundle` at any time.
 *
 * bin/anamo.js starts the bundle only while everything that it was made from is unchanged, otherwise the sources, so
 * nobody has to bundle anything after an edit.
 */

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * One program in the bundle. `first` lists modules that it loads, in this order, before it loads any on demand. Modules
 * that are loaded on demand then import these, so that everything that belongs to one of `first` becomes one file.
 * Otherwise esbuild makes a file for every set of modules that two others happen to share: 118 for a summary, instead
 * of 8.
 */
interface Program {
  entries: readonly string[];
  first: readonly string[];
}

const PROGRAMS: readonly Program[] = [
  // nearly all other commands need what the summary needs
  { entries: ["cli/main.ts"], first: ["cli/command-line.ts", "cli/commands/summary.ts"] },
  { entries: ["worker/main.ts"], first: ["worker/start.ts"] },
  { entries: ["local/dynamodb/dynalite-process.ts", "local/dynamodb/dynoxide-process.ts"], first: [] },
];
/** Left outside: machine code. */
const OUTSIDE = /^classic-level$/;

/** Files besides the sources that determine what a bundle contains. The first changes with every installation. */
const OTHER_INPUTS = [
  "node_modules/.package-lock.json",
  "package.json",
  "tsconfig.json",
  "scripts/bundle-cli.ts",
  "scripts/dynalite-names.ts",
  "scripts/s3rver-parts.ts",
];

/** Builds the bundle in `root`/.cache/cli. Returns its folder, or nothing if a source changed in the meantime. */
export async function bundleCli(root = ROOT): Promise<string | undefined> {
  const cache = join(root, ".cache/cli");
  await mkdir(cache, { recursive: true });
  // Each bundle has its own folder, because a running command may still load modules from the previous one.
  const dir = await mkdtemp(join(cache, "bundle-"));
  // mkdtemp makes it for ourselves only, but a checkout may be shared
  await chmod(dir, 0o777 & ~process.umask());
  // the file system's own clock
  const startedAtMs = (await stat(dir)).ctimeMs;
  const made = await Promise.allSettled(PROGRAMS.map((program) => bundle(root, dir, program)));
  const failed = made.find((one) => one.status === "rejected");
  if (failed) {
    await rm(dir, { recursive: true, force: true });
    throw failed.reason;
  }
  const found = made.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const files = [...new Set([...OTHER_INPUTS, ...found.flatMap(inputsOf)])];
  const inputs = Object.fromEntries(files.map((file) => [file, stateOf(root, file)]));
  const changedSince = files.some((file) => Number(inputs[file]?.split(" ")[0] || 0) >= startedAtMs);
  if (changedSince) {
    await rm(dir, { recursive: true, force: true });
    return undefined;
  }
  const note = join(dir, NOTE);
  await writeFile(note, JSON.stringify({ dir: basename(dir), inputs }));
  await rename(note, join(cache, NOTE));
  await removeOld(cache, dir);
  return dir;
}

async function bundle(root: string, dir: string, { entries, first }: Program): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...entries],
    outdir: dir,
    outbase: ".",
    // one folder deep, like the entries, so that paths relative to a module remain valid
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    plugins: [onDemand(first.map((file) => join(root, file))), required, dynaliteNames, s3rverParts],
    platform: "node",
    target: "node24",
    format: "esm",
    // prefer ES modules, whose unused parts can be left out
    mainFields: ["module", "main"],
    // keeps names for stack traces
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    metafile: true,
    logLevel: "error",
  });
  return metafile;
}

/** Makes every module that is loaded on demand import the modules that are loaded before it. */
function onDemand(first: readonly string[]): Plugin {
  return {
    name: "on-demand",
    setup(esbuild) {
      esbuild.onResolve({ filter: /.*/ }, async ({ path, kind, pluginData, importer, resolveDir, namespace }) => {
        if (kind !== "dynamic-import" || pluginData === "resolving" || isBuiltin(path)) return undefined;
        const from = { importer, resolveDir, namespace, kind: "import-statement", pluginData: "resolving" } as const;
        const found = await esbuild.resolve(path, from);
        return found.external || found.errors.length > 0 ? found : { path: found.path, namespace: "on-demand" };
      });
      esbuild.onLoad({ filter: /.*/, namespace: "on-demand" }, ({ path }) => {
        const at = first.indexOf(path);
        const before = at < 0 ? first : first.slice(0, at);
        const target = JSON.stringify(path);
        const lines = [...before.map((file) => `import ${JSON.stringify(file)};`), `export * from ${target};`];
        // only packages have default exports
        if (path.includes("node_modules")) lines.push(`import * as all from ${target};`, "export default all.default;");
        return { contents: lines.join("\n"), loader: "js", resolveDir: ROOT };
      });
    },
  };
}

/**
 * Loads Node.js's own modules, and packages outside the bundle, only when they are reached, as `require` does. `import`
 * would load all of them first, and read all properties of Node.js's own modules; one property of node:http then loads
 * an HTTP client (undici) that nothing here uses, which takes 40 ms.
 */
const required: Plugin = {
  name: "required",
  setup(esbuild) {
    esbuild.onResolve({ filter: /.*/ }, ({ path, kind }) => {
      if (!isBuiltin(path) && !OUTSIDE.test(path)) return undefined;
      if (kind === "import-statement") return { path, namespace: "required", sideEffects: !isBuiltin(path) };
      // the SDK's client loads it on demand
      if (kind === "dynamic-import" && path === "node:http") return { path, namespace: "values" };
      return { path, external: true };
    });
    esbuild.onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
    esbuild.onLoad({ filter: /.*/, namespace: "values" }, ({ path }) => ({
      contents: `const all = require(${JSON.stringify(path)});\nexport const ${valuesOf(path).join(", ")};`,
    }));
  },
};

/** The properties of one of Node.js's modules that are not computed on reading. */
function valuesOf(path: string): string[] {
  const known = Object.entries(Object.getOwnPropertyDescriptors(process.getBuiltinModule(path) ?? {}));
  return known.flatMap(([name, { value }]) => (value === undefined ? [] : [`${name} = all.${name}`]));
}

/**
 * Files whose change makes the bundle outdated. Packages have 1,600 files, too many to check before each command, so
 * each package is represented by its manifest, which an installation replaces.
 */
function inputsOf({ inputs }: Metafile): string[] {
  return Object.keys(inputs).flatMap((file) => {
    if (/^(?:required|values|on-demand):/.test(file)) return [];
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
    return folder === undefined ? [file] : [`${folder}/package.json`];
  });
}

/** How long older bundles stay: a run, and the workers that it starts, may go on for days. */
const OLD_DAYS = 14;
/** How many of them stay at most. */
const MOST_OLD = 20;

/** Removes bundles that no command is likely to use any more. Another process may be doing the same, or bundling. */
async function removeOld(cache: string, newest: string): Promise<void> {
  const folders = (await readdir(cache)).filter((name) => name.startsWith("bundle-") && name !== basename(newest));
  const dated = await Promise.all(
    folders.map(async (name) => ({
      name,
      ms: await stat(join(cache, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    })),
  );
  const keepSinceMs = Date.now() - OLD_DAYS * 24 * 3_600_000;
  // the one before stays, however old it is
  const old = dated.sort((a, b) => b.ms - a.ms).filter(({ ms }, at) => at > 0 && (at >= MOST_OLD || ms < keepSinceMs));
  for (const { name } of old) await rm(join(cache, name), { recursive: true, force: true });
}

// npm also runs `prepare` before packing, and a package has its own build
if (import.meta.main && process.env.npm_command !== "pack" && process.env.npm_command !== "publish") {
  const made = await bundleCli();
  if (made === undefined) console.error("A source changed while it was bundled: ./anamo runs the sources.");
}
