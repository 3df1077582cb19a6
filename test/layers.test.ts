import { readdir, readFile } from "node:fs/promises";
import { dirname, join, normalize, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = new URL("..", import.meta.url).pathname;
const PRODUCT = ["lib", "worker", "functions", "workflow", "local", "cli"];

/** Which top-level folder may import from which; importing a type counts. */
const TOP: Record<string, readonly string[]> = {
  lib: [],
  worker: ["lib"],
  functions: ["lib"],
  workflow: ["lib"],
  local: ["lib", "functions"],
  cli: ["lib", "worker", "workflow", "local"],
};

/** The layers of lib/, lowest first. A file imports only from its own folder and from lower layers. */
const LAYERS = [
  [
    "aws-config.ts",
    "counted.ts",
    "csv-line.ts",
    "duration.ts",
    "ends-text.ts",
    "full-disk.ts",
    "errors.ts",
    "file-problem.ts",
    "ids.ts",
    "iso-date.ts",
    "load-sqlite.ts",
    "make-folder.ts",
    "printable.ts",
    "program-file.ts",
    "remove-tree.ts",
    "who.ts",
    "zones.ts",
    "profile.ts",
    "retries.ts",
    "store-clock.ts",
    "input.ts",
    "shell-words.ts",
    "flow",
    "forecast",
  ],
  ["batch-client.ts", "dynamo-client.ts", "s3-client.ts", "scaling-client.ts", "sns-client.ts", "stack-outputs.ts"],
  ["wire", "items", "process"],
  ["store"],
  ["table.ts"],
  ["depend", "failures"],
  ["taskfile", "select", "settings", "claims", "progress", "tables", "logs", "results"],
  ["study", "inputs"],
  ["changes", "jobs", "autoscaling", "migrate", "report", "export", "retention"],
  ["import", "launch", "notify"],
  ["explain", "doctor"],
];

test("imports point down: from the other top-level folders to lib, and inside lib to lower layers", async () => {
  const wrong = (await arrows()).filter(({ from, to }) => {
    const [here = "", there = ""] = [from.split("/")[0], to.split("/")[0]];
    if (here !== there) return !TOP[here]?.includes(there);
    if (here !== "lib") return false;
    const [inside, target] = [from.split("/")[1] ?? "", to.split("/")[1] ?? ""];
    return inside !== target && layerOf(inside) <= layerOf(target) && !(layerOf(inside) === 0 && layerOf(target) === 0);
  });
  expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
});

test("items, task files and the concurrency helpers do not import the AWS SDK", async () => {
  const files = (await productFiles()).filter((file) => /^lib\/(items|taskfile|flow)\//.test(file));
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(join(ROOT, file), "utf8")] as const));
  expect(texts.filter(([, text]) => text.includes("@aws-sdk/")).map(([file]) => file)).toEqual([]);
});

test("commands reach AWS through the Workflow class: only `env` makes clients of its own", async () => {
  const clients = [
    "lib/aws-config.ts",
    "lib/dynamo-client.ts",
    "lib/s3-client.ts",
    "lib/batch-client.ts",
    "lib/table.ts",
  ];
  const from = (await arrows()).filter(({ from, to }) => from.startsWith("cli/") && clients.includes(to));
  expect([...new Set(from.map(({ from: file }) => file))]).toEqual(["cli/flags/stack-target.ts"]);
});

test("there are no import cycles, type imports included", async () => {
  const next = Map.groupBy(await arrows(), ({ from }) => from);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (done.has(file) || path.includes(file)) return;
    for (const { to } of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  expect(cycles).toEqual([]);
});

function layerOf(place: string): number {
  const layer = LAYERS.findIndex((places) => places.includes(place));
  if (layer < 0) throw new Error(`lib/${place} has no layer: give it one in ${relative(ROOT, import.meta.filename)}`);
  return layer;
}

async function productFiles(): Promise<string[]> {
  const folders = PRODUCT.map(async (folder) => {
    const names = await readdir(join(ROOT, folder), { recursive: true });
    return names.filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name}`);
  });
  return (await Promise.all(folders)).flat();
}

/** Every import between two files of the product. */
async function arrows(): Promise<{ from: string; to: string }[]> {
  const all = (await productFiles()).map(async (from) => {
    const text = await readFile(join(ROOT, from), "utf8");
    const places = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+\.ts)"/g)].map(([, place = ""]) => place);
    return places.map((place) => ({ from, to: normalize(join(dirname(from), place)) }));
  });
  return (await Promise.all(all)).flat();
}
