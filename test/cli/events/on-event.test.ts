import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { OnEvent } from "../../../cli/events/on-event.ts";
import { runCommand, variablesOf } from "../../../cli/events/run-command.ts";
import { toReset } from "../../../lib/changes/reset.ts";
import { complete } from "../../../lib/claims/complete.ts";
import { lookAt } from "../../../lib/notify/look.ts";
import { type Message, messageOf } from "../../../lib/notify/message.ts";
import { changedOne } from "../../support/changes.ts";
import { testTable } from "../../support/env.ts";
import { addItems, claimAs, newItem } from "../../support/items.ts";
import { linesOf, testFolder } from "../../support/worker.ts";

const PLACE = { isLocal: true, name: "this machine", program: ["anamo"], target: [], bucket: [] };

async function message(): Promise<Message> {
  const table = await testTable();
  await addItems(table, [newItem("A", { step: "align" })]);
  const news = [{ event: "items-blocked", step: "align", items: 1 }] as const;
  return messageOf(news, await lookAt(table), { place: PLACE, naming: "items" });
}

test("the command runs once for each piece of news of a real table, across processes and after a reset", async () => {
  const [table, dir] = [await testTable(), await testFolder()];
  const file = join(dir, "told.txt");
  await addItems(table, [newItem("A")]);
  const said: string[] = [];
  /** What a new process reports at two looks. */
  const eventsNow = async () => {
    const before = (await linesOf(file)).length;
    const events = new OnEvent({
      command: `echo "$ANAMO_EVENTS" >>'${file}'`,
      dir,
      table: table.name,
      sinceMs: Date.now() - 60_000,
      place: async () => PLACE,
      say: (line) => said.push(line),
    });
    events.see(await lookAt(table));
    await events.settled();
    events.see(await lookAt(table));
    await events.settled();
    await events.close();
    return (await linesOf(file)).slice(before);
  };
  const run = async (lock: string) => {
    const claimed = await claimAs(table, "A", lock);
    if (claimed.won) await complete(table, claimed.item, {});
  };
  expect(await eventsNow()).toEqual([]);
  await run("first");
  expect(await eventsNow()).toEqual(["all-done"]);
  expect(await eventsNow()).toEqual([]);
  await sleep(2); // ends count by the millisecond
  await changedOne(table, "A", toReset());
  await run("second");
  expect(await eventsNow(), "though no look has seen it open").toEqual(["all-done"]);
  expect(said).toEqual([]);
});

/** A look at a table whose only item is done, and what makes a command be told of it; `said`: the lines for people. */
async function allDone() {
  const [table, dir] = [await testTable(), await testFolder()];
  await addItems(table, [newItem("A")]);
  const claimed = await claimAs(table, "A", "first");
  if (claimed.won) await complete(table, claimed.item, {});
  const look = await lookAt(table);
  const said: string[] = [];
  const eventsFor = (command: string) => {
    const place = async () => PLACE;
    return new OnEvent({ command, dir, table: table.name, sinceMs: 0, place, say: (line) => said.push(line) });
  };
  return { dir, look, said, eventsFor };
}

test("a command that is killed because its run stops leaves its message to the next run", async () => {
  const { dir, look, said, eventsFor } = await allDone();
  const begun = join(dir, "begun");
  const stopped = eventsFor(`echo >'${begun}'; sleep 60`);
  stopped.see(look);
  await vi.waitFor(() => readFile(begun), 60_000);
  await stopped.close();
  const next = eventsFor(`echo "$ANAMO_EVENT" >'${join(dir, "told")}'`);
  next.see(look);
  await next.settled();
  expect([await readFile(join(dir, "told"), "utf8"), said]).toEqual(["all-done\n", []]);
});

test("a command that hangs at the end of a run is killed, which is said, and its message left to the next run", async () => {
  const { dir, look, said, eventsFor } = await allDone();
  const hung = eventsFor("sleep 60");
  hung.see(look);
  await hung.settled({ withinMs: 500 });
  await hung.close();
  expect(said).toEqual([
    '--on-event: "sleep 60" was still running 0.5 s after the end, and was killed. Its message is left to the next run.',
  ]);
  const next = eventsFor(`echo "$ANAMO_EVENT" >'${join(dir, "told")}'`);
  next.see(look);
  await next.settled();
  expect(await readFile(join(dir, "told"), "utf8")).toBe("all-done\n");
});

test("the command gets the text on stdin and the fields in variables", async () => {
  const folder = await testFolder();
  const sent = await message();
  const command = `cd '${folder}' && cat >text && printf %s "$ANAMO_EVENT $ANAMO_STEP $ANAMO_TOTAL" >fields && printf %s "$ANAMO_EVENT_JSON" >json`;
  expect(await runCommand(command, sent)).toBeUndefined();
  const [text, fields, json] = await Promise.all(
    ["text", "fields", "json"].map((name) => readFile(join(folder, name), "utf8")),
  );
  expect([text, fields]).toEqual([sent.text, "items-blocked align 1"]);
  expect(JSON.parse(json ?? "")).toEqual(JSON.parse(JSON.stringify(sent.data)));
  expect(variablesOf(sent)).toMatchObject({ ANAMO_DONE: "0", ANAMO_FAILED: "0", ANAMO_SUBJECT: sent.subject });
});

test("why a command failed: its exit code and last line, that it took too long, or that a signal ended it", async () => {
  const sent = await message();
  expect(await runCommand("echo one >&2; echo two >&2; exit 4", sent)).toBe("exit code 4: two");
  expect(await runCommand("sleep 60", sent, { timeoutMs: 50 })).toBe("it was killed after 0.05 s");
  expect(await runCommand("sleep 60", sent, { signal: AbortSignal.abort() })).toBe("it was killed by SIGKILL");
  // what it leaves in the background keeps its output open, and must not be waited for
  expect(await runCommand("sleep 5 & exit 0", sent)).toBeUndefined();
});
