import { execFile } from "node:child_process";
import { cp, glob, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { s3Client } from "../lib/s3-client.ts";
import type * as S3Module from "../local/s3.ts";
import { checkJson } from "./support/check-json.ts";
import { testEnv } from "./support/env.ts";

/*
 * The package as a user gets it: packed by npm from a copy of the sources, unpacked elsewhere, used without a build
 * step. Next to it is what `npm install` brings, and next to a second copy what `npm install --omit=optional` brings.
 */

/** What the lock file says about a package. */
interface LockEntry {
  dev?: boolean;
  optional?: boolean;
  /** for a package that is needed by both a development dependency and an optional one */
  devOptional?: boolean;
  license?: string;
}

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MODULES = join(ROOT, "node_modules");
/** What the build reads, and what is packed unchanged. */
const COPIED = [
  ...["bin", "cli", "docs", "functions", "lib", "local", "scripts", "worker", "workflow"],
  ...["package.json", "tsconfig.json", "tsconfig.build.json", "CHANGELOG.md", "LICENSE", "README.md"],
];
/**
 * Packages that only a laptop needs, and packages that no install may bring because they have no license or a known
 * vulnerability.
 */
const UNWANTED = ["dynalite", "s3rver", "level", "busboy", "dicer", "streamsearch", "lazy", "only", "humanize-number"];
const LICENSES = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0"];

let folder: string;
/** the installed package */
let installed: string;
/** the same, installed without optional packages, for people who only work on AWS */
let light: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anamo-pack-"));
  const copy = join(folder, "copy");
  installed = join(folder, "user", "node_modules", "anamo");
  light = join(folder, "aws", "node_modules", "anamo");
  for (const place of [installed, light]) await mkdir(place, { recursive: true });
  for (const name of COPIED) await cp(join(ROOT, name), join(copy, name), { recursive: true });
  await symlink(MODULES, join(copy, "node_modules"));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: copy, env: npmEnv() });
  // npm 11 prints a list, npm 12 one object; prepack may print before it
  const name = /"filename":\s*"([^"]+)"/.exec(stdout)?.[1] ?? "";
  for (const place of [installed, light])
    await run("tar", ["-xzf", join(folder, name), "-C", place, "--strip-components=1"]);
  await linkPackages(dirname(installed), await packagesOf(["types", "optional"]));
  await linkPackages(dirname(light), await packagesOf([]));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("the command runs a task file to its end", async () => {
  const tasks = join(folder, "tasks.txt");
  await writeFile(tasks, "itemID|TaskID|TaskScript|TaskArgs\nA|S1|echo|1,2\nB|S2|true|\n");
  const args = ["run", tasks, "--dir", join(folder, "stack"), "--json"];
  const { stdout, stderr } = await run(process.execPath, [join(installed, "bin", "anamo.js"), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
  });
  checkJson(args, { exitCode: 0, stdout, stderr });
  expect(JSON.parse(stdout)).toMatchObject({ items: { done: 2 }, tasks: { done: 3, total: 3 }, failed: [] });
});

test("the command that npm puts on the PATH runs it, under nohup too", async () => {
  const bin = join(folder, "prefix");
  await mkdir(bin);
  const { bin: commands } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  await symlink(join(installed, commands.anamo), join(bin, "anamo"));
  const PATH = [bin, dirname(process.execPath), process.env.PATH].join(delimiter);
  const { stdout } = await run("bash", ["-c", "anamo --version; nohup anamo --version"], {
    cwd: folder,
    env: { PATH },
  });
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  expect(stdout).toBe(`${version}\n${version}\n`);
});

test("--version is that of the package", async () => {
  const { version } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  for (const root of [installed, ROOT]) {
    const { stdout } = await run(process.execPath, [join(root, "bin", "anamo.js"), "--version"], { cwd: folder });
    expect(stdout).toBe(`${version}\n`);
  }
});

test.for([
  ["v20.20.2", 2, "this is v20.20.2. Install a newer one: https://nodejs.org\n"],
  ["v22.11.0", 2, "this is v22.11.0. Install a newer one: https://nodejs.org\n"],
  ["v22.13.0", 0, ""],
] as const)("under Node.js %s it exits with %i", async ([version, code, told]) => {
  // what the command sees of a Node.js of another version
  const disguise = `for (const name of ["version", "versions"]) Object.defineProperty(process, name, {
    value: name === "version" ? "${version}" : { ...process.versions, node: "${version.slice(1)}" } })`;
  const args = ["--import", `data:text/javascript,${encodeURIComponent(disguise)}`];
  const command = [...args, join(installed, "bin", "anamo.js"), "--version"];
  const result = await run(process.execPath, command, { cwd: folder }).catch((error: unknown) => error);
  const stderr = told && `anamo: it needs Node.js 22.13 or newer, ${told}`;
  expect(result).toMatchObject({ stderr, ...(code > 0 && { code }) });
});

test("the class is imported, and its types say what is wrong", async () => {
  const user = join(folder, "user");
  const check = (...files: string[]) => {
    const options = [
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--target",
      "es2024",
      "--module",
      "nodenext",
      "--types",
      "node",
      ...files,
    ];
    return run(process.execPath, [join(MODULES, "typescript", "bin", "tsc"), ...options], { cwd: user });
  };
  await writeFile(join(user, "package.json"), '{ "type": "module" }');
  await writeFile(join(user, "right.ts"), RIGHT);
  expect((await run(process.execPath, ["right.ts"], { cwd: user })).stdout).toBe("cohort1\nConfigError\n");
  await writeFile(join(user, "wrong.ts"), WRONG);
  const { stdout } = await check("right.ts", "wrong.ts").catch((error: { stdout: string }) => error);
  expect(stdout).not.toContain("right.ts");
  expect([...stdout.matchAll(/wrong\.ts\((\d+),.*error/g)].map(([, line]) => line)).toEqual(["3", "4", "5"]);
});

const RIGHT = `import { ConfigError, type ItemChange, type Summary, Workflow } from "anamo";
const workflow = new Workflow({ table: "cohort1", region: "us-east-1", env: {} });
console.log(workflow.table);
export async function walk(): Promise<[Summary, ItemChange | undefined, number]> {
  const summary: Summary = await workflow.summary();
  for await (const { itemID, exitCode } of workflow.items({ states: ["failed"] })) console.log(itemID, exitCode);
  const { items } = await workflow.reset({ states: ["failed"], olderThanMs: 1000 }, { to: "held" });
  const { progress } = await workflow.summary({ nested: true });
  return [summary, items[0], progress["1-25%"]];
}
await workflow.importFile("any").catch((error: unknown) => console.log(error instanceof ConfigError && error.name));
workflow.close();
`;
const WRONG = `import { Workflow } from "anamo";
const workflow = new Workflow({ table: "cohort1" });
await workflow.reset({ states: ["faild"] });
await workflow.add({ itemID: "A", taskID: "S" });
const text: number = (await workflow.show("A"))?.script;
`;

test("all that it imports is among its dependencies", async () => {
  const { dependencies, optionalDependencies } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  const known = { ...dependencies, ...optionalDependencies };
  const imported = new Set<string>();
  for await (const file of glob("dist/**/*.js", { cwd: installed })) {
    for (const name of packagesIn(await readFile(join(installed, file), "utf8"))) imported.add(name);
  }
  expect(imported.size).toBeGreaterThan(5);
  expect([...imported].filter((name) => !(name in known))).toEqual([]);
});

test("an install for AWS alone brings few packages, each with a license, and none of the embedded stack", async () => {
  const packages = await packagesOf([]);
  expect(packages.length).toBeLessThan(70);
  const names = packages.map(([path]) => path.replace(/^.*node_modules\//, ""));
  expect(names.filter((name) => UNWANTED.includes(name) || name === "classic-level")).toEqual([]);
  expect(packages.filter(([, { license }]) => !LICENSES.includes(license ?? ""))).toEqual([]);
});

test("an install with the embedded stack brings no package without a license, and none with a known hole", async () => {
  const packages = await packagesOf(["optional"]);
  expect(packages.length).toBeLessThan(85);
  const names = packages.map(([path]) => path.replace(/^.*node_modules\//, ""));
  expect(names).toContain("classic-level");
  expect(names.filter((name) => UNWANTED.includes(name) || name === "fast-xml-parser")).toEqual([]);
  expect(packages.filter(([, { license }]) => !LICENSES.includes(license ?? ""))).toEqual([]);
});

test("what is built into the package is named with its license, and what has none is not built in", async () => {
  const notices = await readFile(join(installed, "dist", "THIRD-PARTY-NOTICES.txt"), "utf8");
  const names = [...notices.matchAll(/^=+\n(\S+) \S+ \([\w.-]+\)$/gm)].map(([, name]) => name);
  expect(names).toEqual(expect.arrayContaining(["dynalite", "s3rver", "koa", "fast-xml-parser", "@fastify/busboy"]));
  expect(
    names.filter((name) => ["busboy", "dicer", "streamsearch", "only", "humanize-number"].includes(name ?? "")),
  ).toEqual([]);
});

test("the library loads no part of the embedded stack", async () => {
  const code = `import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
    const { Workflow } = await import("anamo");
    new Workflow({ table: "cohort1", region: "us-east-1", env: {} }).close();
    console.log(urls.join("\\n"));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], { cwd: dirname(dirname(light)) });
  const urls = stdout.trim().split("\n");
  expect(urls.filter((url) => url.includes("/workflow/")).length).toBeGreaterThan(5);
  expect(urls.filter((url) => /\/dist\/(?:local|cli)\/|dynalite|s3rver|level/.test(url))).toEqual([]);
});

test.each([
  ["run", "tasks.txt"],
  ["local", "up"],
])("anamo %s says what to type where the embedded stack was left out", async (...args) => {
  const dir = join(folder, `without-${args[0]}`);
  await mkdir(dir);
  await writeFile(join(dir, "tasks.txt"), "itemID|TaskID|TaskScript\nA|S1|true\n");
  const left = await run(process.execPath, [join(light, "bin", "anamo.js"), ...args], { cwd: dir }).catch((e) => e);
  expect(left).toMatchObject({
    code: 2,
    stdout: "",
    stderr:
      "anamo: the embedded stack needs the package classic-level, which was left out here: npm install classic-level@3\n",
  });
  const { optionalDependencies } = JSON.parse(await readFile(join(light, "package.json"), "utf8"));
  expect(optionalDependencies["classic-level"]).toMatch(/^\^3\./);
});

test("the S3 server that is built in stores, lists and deletes as the one of the checkout", async () => {
  const { startS3 } = (await import(pathToFileURL(join(installed, "dist/local/s3.js")).href)) as typeof S3Module;
  const server = await startS3({ dir: join(folder, "s3"), buckets: ["b"] });
  onTestFinished(() => server.close());
  const client = s3Client({ ...testEnv(), AWS_ENDPOINT_URL_S3: server.endpoint });
  onTestFinished(() => client.destroy());
  for (const Key of ["a/1", "a/<&>", "b"]) await client.send(new PutObjectCommand({ Bucket: "b", Key, Body: Key }));
  const parts = Buffer.alloc(6 * 1024 * 1024, "x");
  await new Upload({ client, params: { Bucket: "b", Key: "big", Body: Readable.from([parts, parts]) } }).done();
  const list = async (more: { Delimiter?: string } = {}) => {
    const { Contents, CommonPrefixes } = await client.send(new ListObjectsV2Command({ Bucket: "b", ...more }));
    return [Contents?.map(({ Key, Size }) => `${Key} ${Size}`), CommonPrefixes?.map(({ Prefix }) => Prefix)];
  };
  expect(await list({ Delimiter: "/" })).toEqual([["b 1", `big ${2 * parts.length}`], ["a/"]]);
  const Objects = [{ Key: "a/1" }, { Key: "a/<&>" }];
  await client.send(new DeleteObjectsCommand({ Bucket: "b", Delete: { Objects } }));
  expect(await list()).toEqual([["b 1", `big ${2 * parts.length}`], undefined]);
  await expect(client.send(new GetObjectCommand({ Bucket: "b", Key: "a/<&>" }))).rejects.toMatchObject({
    name: "NoSuchKey",
  });
});

test("it holds what was built and no sources", async () => {
  const files = await Array.fromAsync(glob("**/*", { cwd: installed }));
  expect(files).toContain(join("dist", "cli", "main.js"));
  expect(files.filter((file) => /(?<!\.d)\.ts$|^test|^examples/.test(file))).toEqual([]);
});

/**
 * The packages that an install brings, by their place in the lock file; `types`: also those of a TypeScript project.
 */
async function packagesOf(more: readonly ("types" | "optional")[]): Promise<[path: string, entry: LockEntry][]> {
  const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8"));
  return Object.entries(lock.packages as Record<string, LockEntry>).filter(([path, entry]) => {
    if (path === "") return false;
    if (entry.dev) return more.includes("types") && path.startsWith("node_modules/@types/");
    return more.includes("optional") || !(entry.optional || entry.devOptional);
  });
}

/** Puts packages of this project into a folder of modules. */
async function linkPackages(modules: string, packages: readonly [path: string, entry: LockEntry][]): Promise<void> {
  for (const [path] of packages) {
    const name = path.replace(/^node_modules\//, "");
    if (name.includes("node_modules/")) continue;
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, path), join(modules, name)).catch(() => {}); // optional ones are not installed everywhere
  }
}

/** The packages that a file imports by name. */
function packagesIn(code: string): string[] {
  const names = [...code.matchAll(/^(?:import|export|\}).*?\bfrom "([^".][^"]*)"|\bimport\("([^".][^"]*)"\)/gm)];
  return names
    .map(([, from, dynamic]) => from ?? dynamic ?? "")
    .filter((name) => !isBuiltin(name))
    .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
}

/** npm without the settings of this run, a network or update notices. */
function npmEnv(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|VITEST)/i.test(name));
  return {
    ...Object.fromEntries(own),
    PATH: [join(MODULES, ".bin"), process.env.PATH].join(delimiter),
    npm_config_offline: "true",
    npm_config_update_notifier: "false",
    npm_config_cache: join(folder, "npm-cache"),
  };
}
