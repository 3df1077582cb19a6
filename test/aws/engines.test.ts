import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { probe } from "../support/emulators/engine-probes.ts";
import { ENGINE_VARIABLE, type Engine, startTestDynamoDb, testEngine } from "../support/engines.ts";

// the columns of the table after AWS
const COLUMNS: Engine[] = ["dynalite", "dynoxide", "ministack"];
const dynoxideProblem = inject("dynoxideProblem");

test("the tests on dynoxide are not skipped", ({ skip }) => {
  skip(dynoxideProblem !== "", dynoxideProblem);
});

test("the engines differ as docs/emulators.md says", async () => {
  const engines = COLUMNS.filter((engine) => engine !== "dynoxide" || !dynoxideProblem);
  const answers = await Promise.all(
    engines.map(async (engine) => {
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
  // a line of the table splits into: nothing, the question, AWS, then one cell per engine
  const cellsOf = (cells: string[]) => [cells[1], ...engines.map((engine) => cells[3 + COLUMNS.indexOf(engine)])];
  expect(rows.map((cells) => cells && cellsOf(cells))).toEqual(found);
});

test("the error for an unknown engine lists the known ones", () => {
  expect(() => testEngine({ [ENGINE_VARIABLE]: "dynamo" })).toThrow(
    "ANAMO_TEST_DYNAMODB must be one of dynalite, dynoxide, ministack, not dynamo",
  );
});
