import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { packageVersion } from "../../cli/version.ts";
import { UsageError } from "../../lib/errors.ts";
import { Workflow } from "../../workflow/index.ts";
import { anamo } from "../support/anamo.ts";
import { dynamoLine } from "../support/dynamo-line.ts";
import { testEnv, testTable } from "../support/env.ts";
import { addItems, newItem } from "../support/items.ts";
import { putEnded } from "../support/many-items.ts";
import { anamoOn } from "../support/on-table.ts";
import { testFolder } from "../support/worker.ts";

test.each([["--version"], ["-V"], ["-v"], ["version"]])("anamo %s prints the version", async (word) => {
  expect(await anamo([word])).toEqual({ exitCode: 0, stdout: `${packageVersion()}\n`, stderr: "" });
});

test.each([[[]], [["table"]], [["step"]], [["local"]]])(
  "anamo %j without a command prints the help and exits with 0",
  async (words) => {
    const result = await anamo(words);
    expect(result).toEqual(await anamo([...words, "--help"]));
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Commands:"), stderr: "" });
  },
);

test.each([[["--profile", "lab", "summary"]], [["-q", "run", "x.txt"]], [["table", "--region", "x", "check"]]])(
  "anamo %j, with an option in front of the command, says where it goes",
  async (words) => {
    const { exitCode, stderr } = await anamo(words);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("(options follow the command: anamo summary --profile NAME)");
  },
);

test.each([
  ["status", "summary"],
  ["ls", "items"],
])("anamo %s is anamo %s", async (alias, name) => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const withoutTime = ({ stdout, ...rest }: { stdout: string }) => ({
    ...rest,
    stdout: stdout.replace(/"at":.*?,/, ""),
  });
  expect(withoutTime(await anamoOn(table, [alias, "--json"]))).toEqual(
    withoutTime(await anamoOn(table, [name, "--json"])),
  );
  expect(await anamo(["help", alias])).toEqual(await anamo([name, "--help"]));
});

describe("anamo items", () => {
  test("--jsonl prints an object per line", async () => {
    const table = await testTable();
    await addItems(table, [newItem("A"), newItem("B")]);
    const { stdout } = await anamoOn(table, ["items", "--jsonl"]);
    const lines = stdout.trimEnd().split("\n");
    const array = JSON.parse((await anamoOn(table, ["items", "--json"])).stdout);
    expect(lines.map((line) => JSON.parse(line))).toEqual(array);
    expect((await anamoOn(table, ["items", "--jsonl", "--state", "held"])).stdout).toBe("");
  });

  test("--csv --raw leaves text as it is, for pandas; --raw alone is wrong usage", async () => {
    const table = await testTable();
    await addItems(table, [newItem("=1+1", { taskId: "-a,b" })]);
    const fields = ["--fields", "itemID,taskID"];
    expect((await anamoOn(table, ["items", "--csv", ...fields])).stdout).toBe(`itemID,taskID\n'=1+1,"'-a,b"\n`);
    expect((await anamoOn(table, ["items", "--csv", "--raw", ...fields])).stdout).toBe('itemID,taskID\n=1+1,"-a,b"\n');
    const samples = ["summary", "--by-sample", "--csv"];
    expect((await anamoOn(table, samples)).stdout).toContain(`"'-a,b",false`);
    expect((await anamoOn(table, [...samples, "--raw"])).stdout).toContain('\n"-a,b",false');
    for (const command of ["items", "summary"]) {
      expect(await anamoOn(table, [command, "--raw"])).toMatchObject({
        exitCode: 2,
        stderr: "anamo: --raw goes with --csv only\n",
      });
    }
  });

  test("--limit stops after so many items, whatever selects them and whichever fields are asked for", async () => {
    const table = await testTable();
    await putEnded(
      table,
      Array.from({ length: 60 }, (_, n) => `i${n}`),
      "failed",
    );
    for (const more of [[], ["--fields", "itemID,message"], ["--match", "i*"], ["--state", "failed"]]) {
      const { stdout } = await anamoOn(table, ["items", "--jsonl", "--limit", "7", ...more]);
      const ids = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).itemID);
      expect(new Set(ids).size, more.join(" ")).toBe(7);
    }
    const few = await anamoOn(table, ["items", "i1", "i2", "i3", "--ids", "--limit", "2"]);
    expect(few).toMatchObject({ exitCode: 0, stdout: "i1\ni2\n" });
    expect((await anamoOn(table, ["items", "--ids", "--limit", "100"])).stdout.trimEnd().split("\n")).toHaveLength(60);
  });

  test("--limit reads no page that it does not need", async () => {
    const table = await testTable();
    await putEnded(
      table,
      Array.from({ length: 500 }, (_, n) => `i${n}`),
      "failed",
    );
    const queries = vi.fn();
    const endpoint = await dynamoLine((operation) => {
      if (operation === "Query") queries();
      return "carry";
    });
    const workflow = new Workflow({
      table: table.name,
      env: { ...testEnv(), AWS_ENDPOINT_URL_DYNAMODB: endpoint },
    });
    const found = await Array.fromAsync(workflow.items({ states: ["failed"] }, { limit: 3 }));
    expect(found).toHaveLength(3);
    expect(queries).toHaveBeenCalledTimes(1);
    expect(() => workflow.itemPages({}, { limit: 0 })).toThrow(UsageError);
    workflow.close();
  });
});

describe("-q prints nothing", () => {
  const QUIET = { exitCode: 0, stdout: "", stderr: "" };

  test("when items are added, held, reset and deleted, or steps paused, unless something goes wrong", async () => {
    const table = await testTable();
    expect(await anamoOn(table, ["add", "A", "--task", "S", "--script", "true", "-q"])).toEqual(QUIET);
    expect(await anamoOn(table, ["add", "A", "--task", "S", "--script", "true", "-q"])).toMatchObject({
      exitCode: 1,
      stdout: "A: exists, left as it is\n",
    });
    for (const command of ["hold", "hold", "reset", "release"]) {
      expect(await anamoOn(table, [command, "A", "--yes", "--quiet"]), command).toEqual(QUIET);
    }
    expect(await anamoOn(table, ["step", "pause", "default", "-q"])).toEqual(QUIET);
    expect(await anamoOn(table, ["step", "resume", "default", "-q"])).toEqual(QUIET);
    expect(await anamoOn(table, ["delete", "A", "B", "--yes", "-q"])).toEqual({
      exitCode: 1,
      stdout: "B: not found\n1 item deleted, 1 not found\n",
      stderr: "",
    });
    const json = await anamoOn(table, ["step", "pause", "default", "-q", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ step: "default" });
  });

  test("when a list is run, unless an item fails", async () => {
    const folder = await testFolder();
    const run = async (line: string) => {
      await writeFile(join(folder, "list"), `${line}\n`);
      const words = ["run", "--commands", join(folder, "list"), "--dir", join(folder, "stack"), "--max-attempts", "1"];
      return anamo([...words, "-q"]);
    };
    expect(await run("true")).toEqual(QUIET);
    const failed = await run("echo no; false");
    expect(failed).toMatchObject({ exitCode: 1, stderr: "" });
    expect(failed.stdout).toContain("exit code 1");
  });
});
