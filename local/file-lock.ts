import { closeSync, openSync, rmSync, statSync } from "node:fs";
import { systemCode } from "../lib/errors.ts";
import { loadSqlite } from "../lib/load-sqlite.ts";

/** Another process, or another caller in this one, holds the lock. */
export const HELD = Symbol("held");

/**
 * Locks a file with an operating system lock, which ends with the process no matter how that ends. Node.js has no call
 * for such locks, but SQLite takes one for a transaction. Returns a function that unlocks and removes the file, or
 * {@link HELD}.
 */
export async function lockFile(path: string): Promise<(() => void) | typeof HELD> {
  const { DatabaseSync: Database } = await loadSqlite();
  for (;;) {
    create(path);
    const inode = inodeOf(path);
    const database = new Database(path);
    try {
      // nothing is written, so it needs no journal, which would be another file
      database.exec("PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      if (isBusy(error)) return HELD;
      // if the file was removed after it was opened, SQLite reports "readonly" or similar: SQLITE_READONLY_DBMOVED
      if (inodeOf(path) !== inode) continue;
      throw error;
    }
    // Unlocking removes the file. If that happened after `inode` was read, another process may have the path by now.
    if (inode !== undefined && inodeOf(path) === inode) {
      return () => {
        rmSync(path, { force: true });
        database.close();
      };
    }
    database.close();
  }
}

/**
 * Creates the file unless it exists. SQLite would create it too, but its errors do not say why it could not. Never
 * closes a file that may be locked: a process loses its POSIX locks on a file as soon as it closes any descriptor of
 * it.
 */
function create(path: string): void {
  try {
    closeSync(openSync(path, "wx"));
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

/** SQLITE_BUSY: https://sqlite.org/rescode.html#busy */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === 5;
}
