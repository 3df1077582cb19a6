import { expect, test } from "vitest";
import { parseSettings, SETTING, type Settings } from "../../../lib/store/settings.ts";
import { SettingsCache } from "../../../lib/store/settings-cache.ts";
import { changeSettings } from "../../../lib/store/settings-row.ts";
import type { Table } from "../../../lib/table.ts";
import { testTable } from "../../support/env.ts";

test("settings that are asked for anew are not those of a read that began before", async () => {
  const { table, cache, reply, hasRead } = await heldUp();
  const old = cache.get();
  await hasRead;
  await pause(table, "align");
  const fresh = cache.get(0);
  reply();
  expect((await old).paused.has("align")).toBe(false);
  expect((await fresh).paused.has("align")).toBe(true);
});

test("a read that began before a change does not replace what the change has brought", async () => {
  const { table, cache, reply, hasRead } = await heldUp();
  const old = cache.get();
  await hasRead;
  cache.keep(await pause(table, "align"));
  reply();
  expect((await old).paused.has("align")).toBe(true);
  expect((await cache.get()).paused.has("align")).toBe(true);
});

/** A cache whose first read has been answered by the table (`hasRead`) when `reply` passes the answer on. */
async function heldUp() {
  const table = await testTable();
  const read = Promise.withResolvers<void>();
  const replied = Promise.withResolvers<void>();
  const send = async (command: never): Promise<unknown> => {
    const answer = await table.db.send(command);
    read.resolve();
    await replied.promise;
    return answer;
  };
  const cache = new SettingsCache({ ...table, db: { send } as unknown as Table["db"] });
  return { table, cache, reply: replied.resolve, hasRead: read.promise };
}

async function pause(table: Table, step: string): Promise<Settings> {
  const paused = { since: "2030-01-01T00:00:00.000Z", by: "somebody", why: "a test" };
  return parseSettings((await changeSettings(table, { set: { [SETTING.paused(step)]: paused } })).row);
}
