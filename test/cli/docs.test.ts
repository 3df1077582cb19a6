import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { allCommands, describeCommand } from "../../cli/describe-command.ts";
import { JSON_OUTPUTS } from "../../cli/json/outputs.ts";
import { makeProgram } from "../../cli/program.ts";
import { cliDocs } from "../../scripts/cli-docs.ts";
import { jsonIndex, jsonSchemas } from "../../scripts/json-docs.ts";
import { anamoCalls, parseOnly } from "../support/program.ts";
import { testFolder } from "../support/worker.ts";

const JSON_DOCS = new URL("../../docs/json/", import.meta.url);

test("docs/cli.md says what --help says; if this fails: npm run docs", async () => {
  const written = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");
  expect(written).toBe(cliDocs(describeCommand(await makeProgram())));
});

test("docs/json/ says what cli/json/ says; if this fails: npm run docs", async () => {
  const { "README.md": index, ...files } = await jsonDocs();
  expect(index).toBe(jsonIndex());
  const written = Object.entries(files).map(([name, text]) => [name, JSON.parse(text)]);
  expect(Object.fromEntries(written)).toEqual(jsonSchemas());
});

test("each schema in docs/json/ is self-contained: its references lead to definitions in the same file", async () => {
  const { "README.md": _, ...files } = await jsonDocs();
  const found = Object.entries(files).map(([name, text]) => [name, ...danglingRefs(JSON.parse(text))]);
  expect(found.filter(([, ...refs]) => refs.length > 0)).toEqual([]);
  expect(danglingRefs({ items: { $ref: "#/$defs/a" }, $defs: { a: { $ref: "b.json" } } })).toEqual(["b.json"]);
});

test("every command with --json has a schema, and every schema has a command", async () => {
  const commands = allCommands(describeCommand(await makeProgram()))
    .filter(({ options }) => options.some(({ names }) => names.includes("--json")))
    .map(({ path }) => path.join(" "));
  const described = Object.keys(JSON_OUTPUTS);
  const missing = commands.filter((name) => !described.includes(name));
  const idle = described.filter((name) => !commands.includes(name));
  expect(missing, "write a schema into cli/json/, enter it in cli/json/outputs.ts, run `npm run docs`").toEqual([]);
  expect(idle, "take out of cli/json/outputs.ts what no command prints, run `npm run docs`").toEqual([]);
});

test.for(await leaves())("anamo %s has a description", ([, node]) => {
  expect(node.description).toMatch(/^[A-Z].*\.$/);
});

test.for(["README.md", "docs"])("each call of anamo in %s is valid as it is written", async (place) => {
  const texts = await markdownIn(new URL(`../../${place}`, import.meta.url));
  const scripts = texts.flatMap((text) =>
    [...text.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, script = ""]) => script),
  );
  const calls = (await Promise.all(scripts.map((script) => anamoCalls(script, "any")))).flat();
  expect(calls.length).toBeGreaterThan(5);
  for (const call of calls) {
    const { exitCode, stderr } = await parseOnly(call);
    expect({ call, exitCode, stderr }).toEqual({ call, exitCode: 0, stderr: "" });
  }
});

test("a snippet writes to no file outside its own folder", async () => {
  const kept = join(await testFolder(), "kept.txt");
  await writeFile(kept, "kept");
  const missing = join(await testFolder(), "missing/list.txt");
  const calls = await anamoCalls(`echo new > ${kept}; cat >> "${missing}" <<'EOT'\nx\nEOT\nanamo run a`, "any");
  expect(calls).toEqual([["run", "a"]]);
  expect(await readFile(kept, "utf8")).toBe("kept");
  await expect(readFile(missing)).rejects.toThrow("ENOENT");
  for (const target of ['"$list"', "$list", '"$d/new"', "`pwd`/new"]) {
    const script = `list=${kept}; d=${dirname(kept)}; echo new > ${target}`;
    await expect(anamoCalls(script, "any")).rejects.toThrow("a file that a variable names");
  }
  // the folder of a snippet is next to the one of `kept`
  const outside = join(dirname(dirname(kept)), `${basename(dirname(kept))}.new`);
  const name = basename(outside);
  await anamoCalls(`echo new > ../${name}; echo new >> a/../../${name}; : 2> "../${name}.2"`, "any");
  for (const path of [outside, `${outside}.2`]) await expect(readFile(path)).rejects.toThrow("ENOENT");
});

test("a snippet may write variables into a here-document, quotes and comments", async () => {
  const script = "cat > list.txt <<'EOF'\na > $b\nEOF\nanamo add 'x > $OUT' \"> $y\" # > $z\n";
  expect(await anamoCalls(script, "any")).toEqual([["add", "x > $OUT", "> "]]);
});

/** The text of a page, or of all pages in a folder. */
async function markdownIn(place: URL): Promise<string[]> {
  if (place.pathname.endsWith(".md")) return [await readFile(place, "utf8")];
  const names = (await readdir(place)).filter((name) => name.endsWith(".md"));
  return Promise.all(names.map((name) => readFile(new URL(`${place}/${name}`), "utf8")));
}

/** The files of docs/json/ by name. */
async function jsonDocs(): Promise<Record<string, string>> {
  const names = await readdir(JSON_DOCS);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, JSON_DOCS), "utf8")])),
  );
}

/** Every `$ref` below a value that has no target in the document. */
function danglingRefs(document: unknown, value: unknown = document): string[] {
  if (typeof value !== "object" || value === null) return [];
  const below = Object.values(value).flatMap((part) => danglingRefs(document, part));
  const ref = "$ref" in value ? String(value.$ref) : undefined;
  return ref === undefined || leadsSomewhere(document, ref) ? below : [ref, ...below];
}

function leadsSomewhere(document: unknown, ref: string): boolean {
  if (!ref.startsWith("#")) return false;
  const parts = ref.slice(1).split("/").slice(1);
  let place: unknown = document;
  for (const part of parts) place = (place as Record<string, unknown> | undefined)?.[part];
  return place !== undefined;
}

async function leaves() {
  return allCommands(describeCommand(await makeProgram()))
    .filter(({ path, commands }) => path.length > 0 && commands.length === 0)
    .map((node) => [node.path.join(" "), node] as const);
}
