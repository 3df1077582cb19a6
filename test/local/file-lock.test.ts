import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { HELD, lockFile } from "../../local/file-lock.ts";
import { testFolder } from "../support/worker.ts";

test("a lock that changes hands while its file is looked at has one holder", async () => {
  const path = join(await testFolder(), "guard");
  const unlock = await lockFile(path);
  if (unlock === HELD) throw new Error("the lock is not free");
  const other: DatabaseSync[] = [];
  const { statSync } = fs;
  const patch = (asIf: typeof statSync) => {
    Object.assign(fs, { statSync: asIf });
    syncBuiltinESMExports();
  };
  onTestFinished(() => {
    patch(statSync);
    for (const database of other) database.close();
  });
  const changesHands = (...args: Parameters<typeof statSync>) => {
    patch(statSync);
    unlock();
    const database = new DatabaseSync(path);
    other.push(database);
    database.exec("PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE");
    return statSync(...args);
  };
  patch(changesHands as typeof statSync);
  expect(await lockFile(path)).toBe(HELD);
  expect(other).toHaveLength(1);
});
