import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { testFolder } from "../support/worker.ts";
import { baseFacts } from "./replay/base.ts";
import { assignments, filledIn, parseDockerfile, wordsOfJson } from "./replay/dockerfile.ts";
import { replay } from "./replay/replay.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("the image is pinned by digest, has the same major Node.js version as here, and does not run as root", async () => {
  const steps = parseDockerfile(await readFile(join(ROOT, "Dockerfile"), "utf8"));
  const args = new Map(steps.filter(({ name }) => name === "ARG").flatMap(({ rest }) => assignments(rest)));
  const from = steps.filter(({ name }) => name === "FROM").map(({ rest }) => filledIn(rest, args));
  expect(from).toHaveLength(1);
  expect(baseFacts(from[0] ?? "").node.split(".")[0]).toBe(process.versions.node.split(".")[0]);
  expect(steps.findLast(({ name }) => name === "USER")?.rest).toMatch(/^[1-9]\d*$/);
});

test("the image says what it is, by the labels that registries show", async () => {
  const steps = parseDockerfile(await readFile(join(ROOT, "Dockerfile"), "utf8"));
  const args = new Map(steps.filter(({ name }) => name === "ARG").flatMap(({ rest }) => assignments(rest)));
  const { version, license, repository } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const labels = steps.filter(({ name }) => name === "LABEL").flatMap(({ rest }) => assignments(filledIn(rest, args)));
  expect(
    Object.fromEntries(labels.map(([name, value]) => [name.replace("org.opencontainers.image.", ""), value])),
  ).toEqual({
    title: "anamo worker",
    description: expect.stringMatching(/^[A-Z].*\.$/),
    licenses: license,
    source: repository.url.replace(/^git\+|\.git$/g, ""),
    version,
    revision: "unknown",
    // where the bill of materials is, which is copied next to the bundle
    "anamo.sbom": "/opt/anamo/anamo-worker.cdx.json",
  });
});

describe("a Dockerfile is read", () => {
  test("with comments between the lines of an instruction, and lines that go on", () => {
    const text = '# first\nFROM a\n\nRUN b \\\n  # why\n  && c\n  entrypoint ["d", "e"]';
    expect(parseDockerfile(text)).toEqual([
      { name: "FROM", rest: "a", line: 2 },
      { name: "RUN", rest: "b   && c", line: 4 },
      { name: "ENTRYPOINT", rest: '["d", "e"]', line: 7 },
    ]);
  });

  test("with its variables filled in; one without a value is an error", () => {
    expect(filledIn("${A}-$B", new Map(Object.entries({ A: "1", B: "2" })))).toBe("1-2");
    expect(() => filledIn("${A:-x}", new Map([["A", "1"]]))).toThrow("no value for A:-x");
    expect(assignments('A=1 B="two words"')).toEqual([
      ["A", "1"],
      ["B", "two words"],
    ]);
    expect(() => assignments("A 1")).toThrow("not NAME=value");
  });

  test("without programs that a shell would start, because signals would not reach them", () => {
    expect(() => wordsOfJson({ name: "ENTRYPOINT", rest: "node worker.cjs", line: 9 })).toThrow("line 9");
  });

  test.each([
    ["FROM a\nHEALTHCHECK NONE", "line 2: HEALTHCHECK is not supported"],
    ["FROM a\nRUN <<EOF\nx\nEOF", "here-documents"],
    ["FROM a\nFROM b", "one FROM"],
    ["FROM debian:12", "expected node:<version>-<debian>-slim@sha256:<digest>"],
  ])("but not replayed if it contains anything unsupported: %j", async (text, why) => {
    const dir = await testFolder();
    await writeFile(join(dir, "Dockerfile"), text);
    await writeFile(join(dir, ".dockerignore"), "*\n");
    await expect(replay(dir)).rejects.toThrow(why);
  });
});
