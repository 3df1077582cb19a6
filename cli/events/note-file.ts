import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCode } from "../../lib/errors.ts";
import { makeFolder } from "../../lib/make-folder.ts";
import type { Note, NoteStore } from "../../lib/notify/deliver.ts";

/**
 * Parses a note if this program understands it; a folder may come from a newer version, or the disk may have been full.
 */
function parse(text: string): Note | undefined {
  try {
    const note = JSON.parse(text) as Note;
    return note.format === 1 ? note : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the note of a table in the folder of its stack, which only one process uses at a time. */
export function noteFile(dir: string, table: string): NoteStore {
  const file = join(dir, "progress", `told-${table}.json`);
  return {
    async read() {
      const text = await readFile(file, "utf8").catch((error) => {
        if (systemCode(error) === "ENOENT") return "";
        throw error;
      });
      const note = parse(text);
      return note && { note, version: "" };
    },
    async write(note) {
      await makeFolder(dirname(file));
      await writeFile(`${file}.new`, JSON.stringify(note));
      await rename(`${file}.new`, file);
      return "";
    },
  };
}
