import { expect, test } from "vitest";
import { fail } from "../../lib/claims/fail.ts";
import { DEFAULT_POLICY } from "../../lib/items/next-state.ts";
import { anamo } from "../support/anamo.ts";
import { testTable } from "../support/env.ts";
import { addItems, claimAs, newItem } from "../support/items.ts";
import { anamoOn } from "../support/on-table.ts";
import { testWorker } from "../support/worker.ts";

test("all items or a selection are listed as a table, JSON, CSV or ids", async () => {
  const table = await bench();
  const all = await anamoOn(table, ["items", "--json", "--fields", "itemID,state,exitCode,script"]);
  expect(all).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(all.stdout).toSorted(byId)).toEqual([
    { itemID: "-plus", state: "todo", script: "echo -plus" },
    { itemID: "bad", state: "failed", exitCode: 3, script: "echo bad" },
    { itemID: "new", state: "todo", script: "echo new" },
  ]);
  const failed = await anamoOn(table, ["items", "--state", "failed", "--fields", "itemID,taskID,exitCode"]);
  expect(failed.stdout).toBe("itemID  taskID         exitCode\nbad     sample of bad  3\n");
  const text = await anamoOn(table, ["items", "--fields", "itemID,state"]);
  expect(text.stdout.trimEnd().split("\n").toSorted()).toEqual([
    ...["-plus   todo", "bad     failed", "itemID  state", "new     todo"],
  ]);
  const progress = await anamoOn(table, ["items", "--state", "failed", "--fields", "state,progress"]);
  expect(progress.stdout).toBe("state   progress\nfailed  none\n");
  const csv = await anamoOn(table, ["items", "--match", "-*", "--csv", "--fields", "itemID,priority,maxAttempts"]);
  expect(csv.stdout).toBe("itemID,priority,maxAttempts\n'-plus,5,\n");
  const ids = await anamoOn(table, ["items", "--state", "todo", "--ids"]);
  expect(ids.stdout.trim().split("\n").toSorted()).toEqual(["-plus", "new"]);
});

test("an empty selection is an empty list; an unknown id is an error", async () => {
  const table = await bench();
  const none = await anamoOn(table, ["items", "--state", "held", "--json"]);
  expect(none).toEqual({ exitCode: 0, stdout: "[]\n", stderr: "" });
  expect(await anamoOn(table, ["items", "--state", "held"])).toMatchObject({ exitCode: 0, stdout: "" });
  expect((await anamoOn(table, ["items", "--state", "held", "--csv", "--fields", "itemID"])).stdout).toBe("itemID\n");
  const missing = await anamoOn(table, ["items", "bad", "nobody", "--ids"]);
  expect(missing).toEqual({
    exitCode: 1,
    stdout: "bad\n",
    stderr: "anamo: there is no item nobody (for a sample: --sample NAME)\n",
  });
  for (const args of ["show nobody", "logs nobody", "logs bad Task_9", "summary --by-sample --step nowhere"])
    expect(await anamoOn(table, args.split(" "))).toMatchObject({ exitCode: 1 });
});

test.for([
  [["--fields", "colour"], 'found "colour"'],
  [["--json", "--csv"], "cannot be used with option"],
  [["--ids", "--fields", "itemID"], "cannot be used with option"],
  [["--stat", "todo"], "Did you mean --state?"],
] as const)("items %j is wrong usage", async ([args, message]) => {
  const { exitCode, stdout, stderr } = await anamo(["items", "-t", "any", ...args]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test("logs searches many items at once, and says which item each line is from", async () => {
  const table = await testTable();
  await addItems(table, [
    newItem("N", { scripts: ["echo oops one", "true"] }),
    newItem("P", { script: "echo fine; echo oops two; seq 1000" }),
    newItem("Q", { script: "echo fine" }),
  ]);
  const { worker } = await testWorker(table, { items: 3 });
  await worker.run();
  const found = await anamoOn(table, ["logs", "--grep", "oops"]);
  expect(found).toMatchObject({ exitCode: 0, stderr: "" });
  expect(found.stdout.trimEnd().split("\n").toSorted()).toEqual(["N Task_0: oops one", "P: oops two"]);
  expect(await anamoOn(table, ["logs", "--grep", "oops", "--match", "Q"])).toMatchObject({ exitCode: 1, stdout: "" });
  const tails = await anamoOn(table, ["logs", "--match", "[PQ]", "--tail", "1"]);
  expect(tails.stdout.trimEnd().split("\n\n").toSorted()).toEqual(["==> P <==\n1000", "==> Q <==\nfine"]);
  expect((await anamoOn(table, ["logs"])).stderr).toContain("logs: which item?");
  expect((await anamoOn(table, ["logs", "P", "--state", "done"])).stderr).toContain("not both");
});

async function bench() {
  const table = await testTable();
  await addItems(table, [newItem("bad"), newItem("new"), newItem("-plus")]);
  const claimed = await claimAs(table, "bad", "lock-bad");
  if (!claimed.won) throw new Error("bad was not to be had");
  await fail(table, claimed.item, { cause: "exit", exitCode: 3 }, { ...DEFAULT_POLICY, maxAttempts: 1 });
  return table;
}

function byId(a: { itemID: string }, b: { itemID: string }): number {
  return a.itemID < b.itemID ? -1 : 1;
}
