import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeEach, expect, test } from "vitest";
import { freshBundle } from "../bin/bundle.js";
import { bundleCli } from "../scripts/bundle-cli.ts";
import { cleanEnv } from "./support/anamo.ts";
import { testFolder } from "./support/worker.ts";

/* The bundle of a checkout that has the same programs as ours, one line each. */

const BIN = fileURLToPath(new URL("../bin", import.meta.url));
const SOURCES: Readonly<Record<string, string>> = {
  "package.json": '{ "type": "module" }',
  "tsconfig.json": "{}",
  "scripts/bundle-cli.ts": "",
  "cli/main.ts":
    'import { word } from "../lib/word.ts"; import "./command-line.ts";\n' +
    'console.log(word, import.meta.url.includes("bundle-"), (await import("./commands/summary.ts")).summary);',
  "cli/command-line.ts": 'import { packaged } from "some-package"; export const line = packaged;',
  "cli/commands/summary.ts": 'import { line } from "../command-line.ts"; export const summary = line + "!";',
  "lib/word.ts": 'import { sep } from "node:path"; export const word: string = "A" + sep;',
  "worker/main.ts": 'void import("./start.ts");',
  "worker/start.ts": "export const started = true;",
  "local/dynamodb/dynalite-process.ts": "",
  "local/dynamodb/dynoxide-process.ts": "",
  "node_modules/.package-lock.json": "{}",
  "node_modules/some-package/package.json": '{ "name": "some-package", "type": "module", "exports": "./index.js" }',
  "node_modules/some-package/index.js": 'export const packaged = "packaged";',
};

let root: string;

beforeEach(async () => {
  root = join(await testFolder(), "checkout");
  for (const [file, text] of Object.entries(SOURCES)) await write(file, text);
  await cp(BIN, join(root, "bin"), { recursive: true });
});

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
}

/** Bundles once the file system's clock has passed the last change: a change in the same tick may be a later one. */
async function bundled(): Promise<string> {
  for (;;) {
    const dir = await bundleCli(root);
    if (dir !== undefined) return dir;
  }
}

/** What the command prints: a word from the sources, whether it ran from the bundle, and a module loaded on demand. */
async function printed(): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, "bin/anamo.js")], { env: cleanEnv({}) });
  return stdout.trim();
}

test("the command starts from the bundle, and from the sources once one has changed", async () => {
  await bundled();
  expect(await printed()).toBe("A/ true packaged!");
  await write("lib/word.ts", (SOURCES["lib/word.ts"] ?? "").replace('"A"', '"B"'));
  expect(await printed()).toBe("B/ false packaged!");
  await bundled();
  expect(await printed()).toBe("B/ true packaged!");
});

test("without a bundle it starts from the sources", async () => {
  expect(freshBundle(root)).toBeUndefined();
  expect(await printed()).toBe("A/ false packaged!");
});

test("a change is noticed that leaves size and time of a file as they were", async () => {
  await bundled();
  const file = join(root, "lib/word.ts");
  const { atime, mtime, size } = await stat(file);
  await write("lib/word.ts", (SOURCES["lib/word.ts"] ?? "").replace('"A"', '"B"'));
  await utimes(file, atime, mtime);
  expect((await stat(file)).size).toBe(size);
  expect(freshBundle(root)).toBeUndefined();
});

test.each(Object.keys(SOURCES).filter((file) => !file.endsWith("some-package/index.js")))(
  "%s: its removal or replacement is noticed",
  async (file) => {
    const dir = await bundled();
    expect(freshBundle(root)).toBe(dir);
    await rename(join(root, file), join(root, "away"));
    expect(freshBundle(root)).toBeUndefined();
    await write(file, SOURCES[file] ?? "");
    expect(freshBundle(root)).toBeUndefined();
  },
);

test.each([0, 1, 5, 20, 50])(
  "a bundle does not contain a source as it was before a change %i ms into its making",
  async (ms) => {
    const making = bundleCli(root);
    await sleep(ms);
    await write("lib/word.ts", (SOURCES["lib/word.ts"] ?? "").replace('"A"', '"B"'));
    await making;
    expect(await printed()).toMatch(/^B\/ /);
  },
);

test("a source that cannot be bundled leaves no folder behind, and the bundle before is not used", async () => {
  const dir = await bundled();
  await write("lib/word.ts", "export const word = (");
  await expect(bundleCli(root)).rejects.toThrow("lib/word.ts");
  expect((await readdir(dirname(dir))).sort()).toEqual([basename(dir), "bundle.json"].sort());
  expect(freshBundle(root)).toBeUndefined();
});

test("others may read the bundle of a checkout that they may read", async () => {
  const dir = await bundled();
  expect((await stat(dir)).mode).toBe((await stat(dirname(dir))).mode);
});

test("of several processes that bundle at once, each leaves a bundle that works", async () => {
  await Promise.all([bundled(), bundled(), bundled(), bundled()]);
  expect(await printed()).toBe("A/ true packaged!");
});

test("a bundle or note that is broken or gone is passed over", async () => {
  const dir = await bundled();
  const note = join(root, ".cache/cli/bundle.json");
  const text = await readFile(note, "utf8");
  for (const broken of ["", "null", "{}", text.slice(0, -5)]) {
    await writeFile(note, broken);
    expect(freshBundle(root)).toBeUndefined();
  }
  await writeFile(note, text);
  expect(freshBundle(root)).toBe(dir);
  await rm(join(dir, "cli/main.js"));
  expect(freshBundle(root)).toBeUndefined();
});

test("older bundles stay for two weeks, for runs that go on, and the one before longer", async () => {
  const [first, second, third] = [await bundled(), await bundled(), await bundled()];
  const isThere = async (dir: string) => (await stat(dir).catch(() => undefined)) !== undefined;
  expect(await Promise.all([first, second, third].map(isThere))).toEqual([true, true, true]);
  const monthAgo = Date.now() / 1_000 - 30 * 24 * 3_600;
  await utimes(first, monthAgo, monthAgo - 1);
  await utimes(second, monthAgo, monthAgo);
  await utimes(third, monthAgo, monthAgo + 1);
  const fourth = await bundled();
  expect(freshBundle(root)).toBe(fourth);
  expect(await Promise.all([first, second, third].map(isThere))).toEqual([false, false, true]);
});

test.for<[string, (root: string) => Promise<void>, RegExp]>([
  ["without esbuild", async () => {}, /^No bundle \(esbuild is not installed, as with --omit=dev\): .\/anamo runs the/],
  [
    "that fails",
    async (root) => {
      await mkdir(join(root, "node_modules/esbuild"));
      await writeFile(join(root, "scripts/bundle-cli.ts"), 'throw new Error("no space");');
    },
    /^No bundle \(Error: no space\): .\/anamo runs the sources, which start more slowly\.\n$/,
  ],
])("an installation %s ends well, with one line", async ([, prepare, told]) => {
  await cp(fileURLToPath(new URL("../scripts/prepare.cjs", import.meta.url)), join(root, "scripts/prepare.cjs"));
  await prepare(root);
  const { stderr, stdout } = await promisify(execFile)(process.execPath, [join(root, "scripts/prepare.cjs")]);
  expect(stderr).toMatch(told);
  expect(`${stdout}${stderr}`.split("\n")).toHaveLength(2);
});
