import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { probe } from "../support/emulators/engine-probes.ts";
import { ENGINE_VARIABLE, type Engine, startTestDynamoDb, testEngine } from "../support/engines.ts";

const ENGINES: Engine[] = ["dynalite", "dynamodb-local", "ministack"];

test("the engines differ as docs/emulators.md says", async () => {
  const answers = await Promise.all(
    ENGINES.map(async (engine) => {
      const dir = await mkdtemp(join(inject("awsRunDir"), "engine-"));
      const server = await startTestDynamoDb(dir, { [ENGINE_VARIABLE]: engine });
      onTestFinished(() => server.close());
      return probe(server.endpoint);
    }),
  );
  const found = Object.keys(answers[0] ?? {}).map((question) => [question, ...answers.map((by) => by[question])]);
  const docs = await readFile(join(import.meta.dirname, "../../docs/emulators.md"), "utf8");
  const written = docs.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const rows = found.map(([question]) => written.find((cells) => cells[1] === question));
  // the second column is what AWS does
  expect(rows.map((cells) => cells?.toSpliced(2, 1).slice(1, -1))).toEqual(found);
});

test("an engine that there is not is refused by name", () => {
  expect(() => testEngine({ [ENGINE_VARIABLE]: "dynamo" })).toThrow(
    "ANAMO_TEST_DYNAMODB must be one of dynalite, dynamodb-local, ministack, not dynamo",
  );
});
