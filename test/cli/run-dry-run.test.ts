import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { anamo } from "../support/anamo.ts";
import { testTable } from "../support/env.ts";
import { shellOn } from "../support/shell.ts";
import { testFolder } from "../support/worker.ts";

const HEADER = "itemID\tTaskID\tTaskScript\n";

test("in a folder without a stack, a dry run says that all items would be added, and makes nothing", async () => {
  const folder = await testFolder();
  const file = join(folder, "list.tsv");
  await writeFile(file, `${HEADER}a\ts1\techo a\nb\ts2\techo b\na\ts1\techo again\nc\t\techo c\n`);
  const { stdout, exitCode } = await anamo(["run", file, "--dir", join(folder, "stack"), "--dry-run"]);
  expect(exitCode).toBe(1);
  expect(stdout).toContain("2 items would be added, 0 restarted, 0 changed while waiting, 0 left as they are");
  expect(stdout).toContain("2 rows would be rejected:");
  expect(stdout).toContain("1 row with an itemID that is on an earlier line");
  expect(stdout).toContain("line 5: TaskID: expected");
  expect(await readdir(folder)).toEqual(["list.tsv"]);
});

test("a dry run of commands through a pipe names each, counts repeated ones, and rejects what is not whole", async () => {
  const dir = join(await testFolder(), "stack");
  const list = "echo a; # note\\n\\necho b\\necho a; # note\\nfor x in 1; do\\n";
  const line = `anamo run <(printf '${list}') --commands --dir '${dir}' --dry-run`;
  const { exitCode, stdout, stderr } = await shellOn(await testTable(), line);
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
  expect(stdout).toContain("3 items would be added, 0 restarted, 0 changed while waiting, 0 left as they are\n");
  expect(stdout.match(/^echo-a\S* .* added +echo a; # note$/gm)).toHaveLength(2);
  expect(stdout).toContain(
    "\n1 row (line 4) repeated a command of an earlier line: it is an item of its own and runs\n",
  );
  expect(stdout).toContain("\n1 row would be rejected:\n  line 5: TaskScript: expected a whole command on one line");
});

test("a dry run of a corrected list says what the run then does", async () => {
  const folder = await testFolder();
  const dir = join(folder, "stack");
  const [before, after, other] = ["before.tsv", "after.tsv", "other.tsv"].map((name) => join(folder, name));
  await writeFile(other ?? "", `${HEADER}z\ts9\texit 9\n`);
  await writeFile(before ?? "", `${HEADER}done\ts1\ttrue\nbad\ts2\texit 4\n`);
  await writeFile(after ?? "", `${HEADER}done\ts1\techo other\nbad\ts2\techo good\nnew\ts3\ttrue\n`);
  const args = ["--dir", dir, "--max-attempts", "1"];
  await anamo(["run", other ?? "", ...args]);
  await anamo(["run", before ?? "", ...args]);

  const plain = await anamo(["run", after ?? "", ...args, "--dry-run", "--json"]);
  expect(JSON.parse(plain.stdout)).toMatchObject({
    effects: { add: 1, restart: 0, leave: 2 },
    retried: 0,
    items: [
      { itemID: "done", effect: "leave", different: true },
      { itemID: "bad", effect: "leave", different: true },
      { itemID: "new", effect: "add", different: false },
    ],
  });
  const retry = [...args, "--retry-failed"];
  const printed = await anamo(["run", after ?? "", ...retry, "--dry-run"]);
  expect(printed.stdout).toContain("1 item would be added, 1 restarted, 0 changed while waiting, 1 left as it is");
  expect(printed.stdout).toContain("1 failed item that the list does not name would be tried again");
  expect(printed.stdout).toMatch(/bad +s2 +default +restarted +echo good/);
  expect(printed.stdout).toMatch(/done +s1 +default +left, though the list differs +echo other/);
  const piped = await shellOn(await testTable(), `cat '${after}' | anamo run - ${retry.join(" ")} --dry-run`);
  expect(piped).toEqual(printed);
  const steps = ["--retry-step", "default", "--retry-step", "nowhere"];
  const listOnly = await anamo(["run", after ?? "", ...args, "--retry-list", ...steps, "--dry-run", "--json"]);
  expect(listOnly.stderr).toBe("anamo: there is no step nowhere; the steps are: default\n");
  expect(JSON.parse(listOnly.stdout)).toMatchObject({ effects: { add: 1, restart: 1, leave: 1 }, retried: 0 });

  const run = await anamo(["run", after ?? "", ...retry, "--json"]);
  expect(JSON.parse(run.stdout)).toMatchObject({
    import: { imported: 1, reset: 1, skipped: 1 },
    items: { done: 3, failed: 1 },
  });
});
