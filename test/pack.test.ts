import { execFile } from "node:child_process";
import { cp, glob, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkJson } from "./support/check-json.ts";

/*
 * The package as a user gets it: packed by npm from a copy of the sources, unpacked elsewhere, used with no build step.
 */

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MODULES = join(ROOT, "node_modules");
/** What the build reads, and what is packed as it is. */
const COPIED = [
  ...["bin", "cli", "docs", "functions", "lib", "local", "worker", "workflow"],
  ...["package.json", "tsconfig.json", "tsconfig.build.json", "CHANGELOG.md", "LICENSE", "README.md"],
];
const SLOW = 40_000;

let folder: string;
/** the installed package */
let installed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anamo-pack-"));
  const copy = join(folder, "copy");
  installed = join(folder, "user", "node_modules", "anamo");
  await mkdir(installed, { recursive: true });
  for (const name of COPIED) await cp(join(ROOT, name), join(copy, name), { recursive: true });
  await symlink(MODULES, join(copy, "node_modules"));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: copy, env: npmEnv() });
  // npm 11 prints a list, npm 12 one object; prepack may print before it
  const name = /"filename":\s*"([^"]+)"/.exec(stdout)?.[1] ?? "";
  await run("tar", ["-xzf", join(folder, name), "-C", installed, "--strip-components=1"]);
  await linkDependencies();
}, SLOW);

afterAll(() => rm(folder, { recursive: true, force: true }));

test("the command runs a task file to its end", { timeout: SLOW }, async () => {
  const tasks = join(folder, "tasks.txt");
  await writeFile(tasks, "itemID|TaskID|TaskScript|TaskArgs\nA|S1|echo|1,2\nB|S2|true|\n");
  const args = ["run", tasks, "--dir", join(folder, "stack"), "--json"];
  const { stdout, stderr } = await run(process.execPath, [join(installed, "bin", "anamo.js"), ...args], {
    ...{ cwd: folder, env: { PATH: process.env.PATH, HOME: folder } },
  });
  checkJson(args, { exitCode: 0, stdout, stderr });
  expect(JSON.parse(stdout)).toMatchObject({ items: { done: 2 }, tasks: { done: 3, total: 3 }, failed: [] });
});

test("--version is that of the package", async () => {
  const { version } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  for (const root of [installed, ROOT]) {
    const { stdout } = await run(process.execPath, [join(root, "bin", "anamo.js"), "--version"], { cwd: folder });
    expect(stdout).toBe(`${version}\n`);
  }
});

test.for([
  ["v20.20.2", 2, "anamo: it needs Node.js 22 or newer, this is v20.20.2. Install a newer one: https://nodejs.org\n"],
  ["v22.0.0", 0, ""],
] as const)("under Node.js %s it exits with %i", async ([version, code, stderr]) => {
  // what the command sees of a Node.js of another age
  const disguise = `for (const name of ["version", "versions"]) Object.defineProperty(process, name, {
    value: name === "version" ? "${version}" : { ...process.versions, node: "${version.slice(1)}" } })`;
  const args = ["--import", `data:text/javascript,${encodeURIComponent(disguise)}`];
  const command = [...args, join(installed, "bin", "anamo.js"), "--version"];
  const result = await run(process.execPath, command, { cwd: folder }).catch((error: unknown) => error);
  expect(result).toMatchObject({ stderr, ...(code > 0 && { code }) });
});

test("the class is imported, and its types say what is wrong", { timeout: SLOW }, async () => {
  const user = join(folder, "user");
  const check = (file: string) => {
    const options = ["--noEmit", "--strict", "--target", "es2024", "--module", "nodenext", "--types", "node", file];
    return run(process.execPath, [join(MODULES, "typescript", "bin", "tsc"), ...options], { cwd: user });
  };
  await writeFile(join(user, "package.json"), '{ "type": "module" }');
  await writeFile(join(user, "right.ts"), RIGHT);
  await check("right.ts");
  expect((await run(process.execPath, ["right.ts"], { cwd: user })).stdout).toBe("cohort1\nConfigError\n");
  await writeFile(join(user, "wrong.ts"), WRONG);
  const { stdout } = await check("wrong.ts").catch((error: { stdout: string }) => error);
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
  const { dependencies } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  const imported = new Set<string>();
  for await (const file of glob("dist/**/*.js", { cwd: installed })) {
    for (const name of packagesIn(await readFile(join(installed, file), "utf8"))) imported.add(name);
  }
  expect(imported.size).toBeGreaterThan(5);
  expect([...imported].filter((name) => !(name in dependencies))).toEqual([]);
});

test("it holds what was built and no sources", async () => {
  const files = await Array.fromAsync(glob("**/*", { cwd: installed }));
  expect(files).toContain(join("dist", "cli", "main.js"));
  expect(files.filter((file) => /(?<!\.d)\.ts$|^test|^examples/.test(file))).toEqual([]);
});

/** Makes the installed package and its user find the modules of this project, without what only developers have. */
async function linkDependencies(): Promise<void> {
  const modules = dirname(installed);
  const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8"));
  const packages = Object.entries(lock.packages as Record<string, { dev?: boolean }>);
  for (const [path, { dev }] of packages) {
    const name = path.replace(/^node_modules\//, "");
    const isTypes = name.startsWith("@types/");
    if (!path.startsWith("node_modules/") || name.includes("node_modules/") || (dev && !isTypes)) continue;
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, path), join(modules, name)).catch(() => {}); // optional ones are not everywhere
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

/** npm without its settings of this run, a network or news of itself. */
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
