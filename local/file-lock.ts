import { closeSync, openSync, rmSync, statSync } from "node:fs";
import { systemCode } from "../lib/errors.ts";
import { loadSqlite } from "../lib/load-sqlite.ts";

/** Another process, or another caller in this one, holds the lock. */
export const HELD = Symbol("held");

/**
 * Locks a file with a lock of the operating system, which ends with the process however that ends. Node.js has no call
 * for such locks, but SQLite takes one for a transaction. Returns what unlocks and removes the file, or {@link HELD}.
 */
export async function lockFile(path: string): Promise<(() => void) | typeof HELD> {
  const { DatabaseSync: Database } = await loadSqlite();
  for (;;) {
    create(path);
    const inode = inodeOf(path);
    const database = new Database(path);
    try {
      // nothing is written, so there is nothing to keep a journal of, which would be another file
      database.exec("PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      if (isBusy(error)) return HELD;
      // SQLite says "readonly" or the like of a file that has been removed since it was opened: SQLITE_READONLY_DBMOVED
      if (inodeOf(path) !== inode) continue;
      throw error;
    }
    // Who unlocks removes the file. If that has happened to this one since `inode` was read, another may have the path.
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
 * Makes the file unless it is there. SQLite would, too, but its errors do not say why it could not. Never closes a file
 * that may be locked: POSIX locks of a process end as soon as it closes any descriptor of the file.
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
